/** What a member of something has to be, as `typeof` says it, or one of these. */
type Wanted =
  | 'function'
  | 'string'
  | 'number'
  | 'boolean'
  | 'object'
  | 'bytes'
  | 'URL'
  | 'text of a URL'
  | 'function?'
  | 'object?'

/** What something that a plugin made has to have, by member. */
type Shape = Readonly<Record<string, Wanted>>

/** What each kind of thing has to have; what is not listed may be anything. */
const SHAPES = {
  transport: { dial: 'function', listen: 'function' },
  link: {
    remote: 'text of a URL',
    source: 'bytes',
    maxDatagram: 'number',
    stream: 'boolean',
    writable: 'boolean',
    drops: 'object',
    send: 'function',
    close: 'function',
    sendUnfragmented: 'function?',
    routeLimit: 'function?',
    hasNarrowed: 'function?',
    limit: 'function?',
    authenticated: 'function?',
  },
  listener: { endpoint: 'URL', close: 'function' },
  cipher: {
    overhead: 'number',
    authenticates: 'boolean',
    drops: 'object',
    nextTick: 'number',
    seal: 'function',
    open: 'function',
    tick: 'function',
    close: 'function',
    resize: 'function?',
    sessions: 'object?',
    peerManager: 'object?',
    settings: 'object?',
  },
  'TUN driver': { open: 'function' },
  'TUN device': {
    name: 'string',
    start: 'function',
    write: 'function',
    pause: 'function',
    resume: 'function',
    drops: 'object',
    close: 'function',
    changeRoutes: 'function?',
    change: 'function?',
  },
} as const satisfies Record<string, Shape>

/** What can be looked at. */
export type ShapeName = keyof typeof SHAPES

/** What these are in a message. */
const WORDS: Readonly<Record<Wanted, string>> = {
  function: 'function',
  string: 'text',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
  bytes: 'Uint8Array',
  URL: 'URL',
  'text of a URL': 'text of a URL',
  'function?': 'function',
  'object?': 'object',
}

/** Why something is no such thing, such as `no link: it lacks 'send'`; undefined if it is one. Throws what its getters throw. */
export function misshapen(kind: ShapeName, made: unknown): string | undefined {
  if (typeof made !== 'object' || made === null) return `no ${kind}`
  for (const [member, wanted] of Object.entries(SHAPES[kind])) {
    const value = (made as Readonly<Record<string, unknown>>)[member]
    if (fits(wanted, value)) continue
    const it = value === undefined ? `it lacks '${member}'` : `its '${member}' is no ${WORDS[wanted]}`
    return `no ${kind}: ${it}`
  }
  return undefined
}

function fits(wanted: Wanted, value: unknown): boolean {
  if (wanted.endsWith('?')) return value === undefined || fits(wanted.slice(0, -1) as Wanted, value)
  if (wanted === 'bytes') return value instanceof Uint8Array
  if (wanted === 'URL') return value instanceof URL
  if (wanted === 'text of a URL') return typeof value === 'string' && URL.canParse(value)
  if (wanted === 'number') return typeof value === 'number' && !Number.isNaN(value)
  return typeof value === wanted && value !== null
}

/** Whether something is a list of bytes, as datagrams are. */
export function isDatagrams(value: unknown): value is readonly Uint8Array[] {
  return Array.isArray(value) && value.every((one) => one instanceof Uint8Array)
}
