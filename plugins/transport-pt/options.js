// @ts-check

export const options = /** @type {const} */ ({
  program: { type: 'string', default: 'obfs4proxy', help: 'the program, by name or by an absolute path' },
  arguments: { type: 'list', default: [], help: 'its arguments' },
  protocol: {
    type: 'one of',
    of: ['tor', 'sip003'],
    default: 'tor',
    help: "how it is spoken with: Tor's managed pluggable transports, or SIP003",
  },
  transport: { type: 'string', default: 'obfs4', help: "which of its transports, with Tor's protocol" },
  settings: {
    type: 'list',
    default: [],
    help: 'what the far end wants, as KEY=VALUE; those of an endpoint count more',
  },
  serverSettings: { type: 'list', default: [], help: 'what this end wants where it listens, as KEY=VALUE' },
  state: { type: 'path', default: '/var/lib/qanat-pt', help: 'where each program has a folder of its own' },
})

/** @typedef {import('qanat').OptionsOf<typeof options>} PtOptions */
