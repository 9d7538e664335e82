import { afterEach, describe, expect, it } from 'vitest'
import { exitCodeOf } from '../../../src/cli/output/exit-codes.js'
import type { Cipher } from '../../../src/core/api/cipher.js'
import { asError, isPluginFault } from '../../../src/core/api/errors.js'
import type { PacketHook } from '../../../src/core/api/packet-hook.js'
import type { Link, LinkHandlers, Listener } from '../../../src/core/api/transport.js'
import { turns } from '../../support/eventually.js'
import { type Broken, FaultLab } from '../../support/faults/fault-lab.js'

const boom = (): never => {
  throw new Error('boom\nand more')
}
const rejects = () => Promise.reject(new Error('boom'))
const hangs = () => new Promise<never>(() => {})
const USAGE = 2

type Row = readonly [what: string, broken: Broken]

let lab: FaultLab
afterEach(() => lab.close())

/** An error of a start, or one that ended a tunnel: it is one line, and names plugin and operation. */
function expectNamed(thrown: unknown, operation: string): void {
  expect(isPluginFault(thrown) && { plugin: thrown.plugin, operation: thrown.operation }).toEqual({
    plugin: 'broken',
    operation,
  })
  const { message } = asError(thrown)
  expect(message).not.toContain('\n')
  expect(message).toContain(`'${operation}'`)
  expect(message).toMatch(/plugin '(broken|\.\/broken\.js)'/)
}

/** What keeps a tunnel from starting. */
const REFUSED: Readonly<Record<string, readonly Row[]>> = {
  setup: [
    ['throws', { plugin: { setup: boom } }],
    ['rejects', { plugin: { setup: rejects } }],
    ['hangs', { plugin: { setup: hangs } }],
    ['throws what is no error', { plugin: { setup: () => Promise.reject('boom') } }],
  ],
  create: [
    ['of a transport throws', { transport: boom }],
    ['of a transport hangs', { transport: hangs }],
    ['of a transport makes none', { transport: () => undefined }],
    ['of a transport makes one without listen', { transport: ({ dial }) => ({ dial }) }],
    ['of a cipher rejects', { cipher: rejects }],
    ['of a cipher hangs', { cipher: hangs }],
    ['of a cipher makes one without seal', { cipher: (sound) => ({ ...sound, seal: undefined }) }],
    ['of a cipher makes one whose overhead is no number', { cipher: (it) => ({ ...it, overhead: '8' }) }],
    ['of a hook hangs', { hook: hangs }],
    ['of a hook makes one without a way', { hook: () => ({}) }],
    ['of a driver throws', { driver: boom }],
    ['of a driver makes one without open', { driver: () => ({ close: boom }) }],
  ],
  listen: [
    ['throws', { listen: boom }],
    ['rejects', { listen: rejects }],
    ['hangs', { listen: hangs }],
    ['makes no listener', { listen: async () => undefined }],
    ['makes one without endpoint', { listen: async () => ({ close: hangs }) }],
    ['makes one without close', { listen: async () => ({ endpoint: new URL('bad://near') }) }],
  ],
  dial: [
    ['makes no link', { dial: async () => 7 }],
    ['makes one without send', { link: () => ({ send: undefined }) }],
    ['makes one without an address', { link: () => ({ source: '10.0.0.1' }) }],
    ['makes one that throws when it is looked at', { dial: async () => thrower('remote') }],
    ['makes one whose size is no number', { link: () => ({ maxDatagram: Number.NaN }) }],
  ],
  open: [
    ['of a driver throws', { driver: () => ({ open: boom }) }],
    ['of a driver makes no device', { driver: () => ({ open: async () => undefined }) }],
    [
      'of a driver makes one without write',
      { driver: () => ({ open: async () => ({ name: 'x', start() {} }) }) },
    ],
    ['of a driver rejects', { driver: () => ({ open: rejects }) }],
  ],
}

describe.each(Object.entries(REFUSED))("A tunnel whose plugin's '%s'", (operation, rows) => {
  it.each(rows)('%s does not start, with code 2 and one line', async (what, broken) => {
    lab = new FaultLab(broken)
    const thrown: unknown = await lab.start().catch((error: unknown) => error)
    expectNamed(thrown, operation)
    expect(asError(thrown).message.endsWith(' did not end within 10 s')).toBe(what.endsWith('hangs'))
    expect(exitCodeOf(asError(thrown))).toBe(USAGE)
  })
})

/** What ends a tunnel that carries packets. */
const ENDS: Readonly<Record<string, readonly Row[]>> = {
  seal: ciphers('seal', [
    ['throws', boom],
    ['returns nothing', () => undefined],
    ['returns a promise', hangs],
    ['returns texts', () => ['a']],
  ]),
  open: ciphers('open', [
    ['throws', boom],
    ['returns nothing', () => undefined],
    ['returns no packets', () => ({ opened: [{ peer: 'peer' }], replies: [] })],
    ['returns no replies', () => ({ opened: [] })],
    ['returns packets without bytes', () => ({ opened: [{ peer: 'peer', packets: [{}] }], replies: [] })],
  ]),
  tick: ciphers(
    'tick',
    [
      ['throws', boom],
      ['returns nothing', () => undefined],
      ['returns a promise', hangs],
      ['returns datagrams of nobody', () => [7]],
    ],
    { nextTick: 2_000_000 },
  ),
  failed: [['is told of an error', failing((handlers) => handlers.failed(new Error('socket gone')))]],
}

function ciphers(
  operation: keyof Cipher,
  faults: readonly (readonly [string, () => unknown])[],
  more: Partial<Cipher> = {},
): readonly Row[] {
  return faults.map(([what, fault]) => [
    what,
    { cipher: (sound: Cipher) => ({ ...sound, ...more, [operation]: fault }) },
  ])
}

/** A transport that does something at its first packet. */
function failing(act: (handlers: LinkHandlers, link: Link) => void): Broken {
  return { link: (link, handlers) => ({ send: () => act(handlers, link) }) }
}

describe.each(Object.entries(ENDS))("A running tunnel whose plugin's '%s'", (operation, rows) => {
  it.each(rows)('%s ends, and its error names it', async (_what, broken) => {
    lab = new FaultLab(broken)
    const tunnel = await lab.start()
    await lab.exchange()
    await lab.passes(1_000_000)
    const thrown: unknown = await tunnel.ended.catch((error: unknown) => error)
    expectNamed(thrown, operation)
  })
})

/** A fault that befalls the first link alone. */
function once(change: (link: Link, handlers: LinkHandlers) => object): Broken {
  let links = 0
  return { link: (link, handlers) => (links++ === 0 ? change(link, handlers) : {}) }
}

const thrower = (member: string) => Object.defineProperty({}, member, { get: boom, enumerable: true })

/** What costs a link, which is dialled again. */
const CLOSES: Readonly<Record<string, readonly Row[]>> = {
  send: [
    ['throws', once(() => ({ send: boom }))],
    ['rejects', once(() => ({ send: rejects }))],
    ['throws what is no error', once(() => ({ send: () => Promise.reject('boom') }))],
    [
      'throws the second time',
      once(({ send }) => {
        let times = 0
        return { send: (given: never) => (times++ === 0 ? send(given) : boom()) }
      }),
    ],
  ],
  writable: [['throws when it is read', lateOnce(() => thrower('writable'))]],
  receive: [
    [
      'tells of no list',
      lateOnce((link, { receive }) => ({ send: () => receive(link, undefined as never) })),
    ],
    ['tells of texts', lateOnce((link, { receive }) => ({ send: () => receive(link, ['a'] as never) }))],
    [
      'tells of one datagram',
      lateOnce((link, { receive }) => ({ send: () => receive(link, Uint8Array.of(1) as never) })),
    ],
    ['tells of arrays', lateOnce((link, { receive }) => ({ send: () => receive(link, [[1]] as never) }))],
  ],
}

/** The same once the link was looked at. */
function lateOnce(change: (link: Link, handlers: LinkHandlers) => object): Broken {
  return once((link, handlers) => {
    const { send } = link
    return {
      send(given: never) {
        const changed = Object.getOwnPropertyDescriptors(change(link, handlers))
        Object.defineProperties(link, { send: { value: send }, ...changed })
        link.send(given)
      },
    }
  })
}

describe.each(Object.entries(CLOSES))("A link whose '%s'", (operation, rows) => {
  it.each(rows)('%s is closed with one line, and dialled again', async (_what, broken) => {
    lab = new FaultLab(broken)
    await lab.start()
    for (let time = 0; time < 3; time++) await lab.exchange()
    await lab.passes(10_000)
    expect(lab.told(operation)).toHaveLength(1)
    expect(await lab.exchange()).toBe(2)
  })
})

/** What is borne with: it is told in one line, and a moment later all is well. */
const BORNE: Readonly<Record<string, readonly Row[]>> = {
  dial: [
    ['throws', tries(boom)],
    ['rejects', tries(rejects)],
    ['throws a text', tries(() => Promise.reject('boom'))],
  ],
  receive: [
    ['is told of no link', telling((handlers) => handlers.receive(undefined as never, []))],
    ['is told of a link without send', telling((handlers) => handlers.receive({ remote: 'x' } as Link, []))],
    ['is told of a link that throws', telling((handlers) => handlers.receive(thrower('remote') as Link, []))],
  ],
  closed: [['is told of no link', telling((handlers) => handlers.closed({} as Link))]],
  drained: [['is told of no link', telling((handlers) => handlers.drained({} as Link))]],
  outgoing: hooks('outgoing'),
  incoming: hooks('incoming'),
}

function tries(first: () => unknown): Broken {
  let dials = 0
  return { dial: (sound) => (dials++ === 0 ? first() : sound()) }
}

function telling(tell: (handlers: LinkHandlers) => void): Broken {
  return {
    listen: (sound, handlers) => {
      tell(handlers)
      return sound()
    },
  }
}

function hooks(operation: 'outgoing' | 'incoming'): readonly Row[] {
  const faults: [string, () => unknown][] = [
    ['throws', boom],
    ['returns a promise', hangs],
    ['returns texts', () => ({ packets: ['a'] })],
    ['returns another thing', () => 7],
  ]
  return faults.map(([what, fault]) => {
    let times = 0
    const hook = (sound: PacketHook) => ({
      ...sound,
      [operation]: () => (times++ === 0 ? fault() : undefined),
    })
    return [what, { hook }]
  })
}

describe.each(Object.entries(BORNE))("A tunnel whose plugin's '%s'", (operation, rows) => {
  it.each(rows)('%s goes on, and says so in one line', async (_what, broken) => {
    lab = new FaultLab(broken)
    await lab.start()
    await lab.exchange()
    await lab.passes(1_000)
    expect(await lab.exchange()).toBe(2)
    expect(lab.told(operation)).toHaveLength(1)
  })
})

/** Milliseconds that the end of a tunnel takes if all that can hang does: links, hooks, the cipher, the plugin. */
const LONGEST_END = 20_000

/** Ends that go wrong. */
const CLOSE: readonly Row[] = [
  ['a link throws', { link: () => ({ close: boom }) }],
  ['a link hangs', { link: () => ({ close: hangs }) }],
  ['a listener rejects', closing(rejects)],
  ['a listener hangs', closing(hangs)],
  ['a cipher throws', { cipher: (sound) => ({ ...sound, close: boom }) }],
  ['a cipher hangs', { cipher: (sound) => ({ ...sound, close: hangs }) }],
  ['a hook throws', { hook: (sound) => ({ ...sound, close: boom }) }],
  ['a hook hangs', { hook: (sound) => ({ ...sound, close: hangs }) }],
  ['a plugin rejects', { plugin: { close: rejects } }],
  ['a plugin hangs', { plugin: { close: hangs } }],
]

function closing(close: Listener['close']): Broken {
  return { listen: async (sound) => ({ ...(await sound()), close }) }
}

describe("A tunnel whose plugin's 'close'", () => {
  it.each(CLOSE)('of %s ends within 6 s all the same, and says so in one line', async (_what, broken) => {
    lab = new FaultLab(broken)
    const tunnel = await lab.start()
    const begun = lab.clock.now()
    let took = Number.POSITIVE_INFINITY
    void tunnel.close().then(() => {
      took = lab.clock.now() - begun
    })
    await lab.passes(6_000)
    await tunnel.ended
    expect(took).toBeLessThanOrEqual(5_000)
    expect(lab.told('close')).toHaveLength(1)
  })

  it('hangs everywhere ends in its bound', async () => {
    const all = (made: object) => ({ ...made, close: hangs })
    lab = new FaultLab({
      plugin: { close: hangs },
      link: () => all({}),
      hook: all,
      cipher: all,
      ...closing(hangs),
    })
    const tunnel = await lab.start()
    void tunnel.close()
    await lab.passes(LONGEST_END)
    await tunnel.ended
    expect(lab.told('close')).toHaveLength(5)
  })

  it('is called once for each tunnel that it was set up for, when all else is over', async () => {
    const order: string[] = []
    lab = new FaultLab({
      plugin: {
        setup: () => void order.push('setup'),
        close: ({ signal }) => void order.push(`close ${signal.aborted}`),
      },
      cipher: (sound) => ({ ...sound, close: () => void order.push('cipher') }),
    })
    await (await lab.start()).close()
    await lab.far!.close()
    expect(order).toEqual(['setup', 'cipher', 'close true'])
  })
})

describe('The log of a tunnel whose plugin throws', () => {
  it('has where that was thrown, at the level debug alone, with the names of plugin and operation', async () => {
    lab = new FaultLab(once(() => ({ send: boom })))
    await lab.start()
    await lab.exchange()
    await lab.passes(1_000)
    const telling = lab.lines.filter((line) => /\bat [\w.]*boom \(/.test(JSON.stringify(line)))
    expect(telling.map(({ level, fields }) => [level, fields!.plugin, fields!.operation])).toEqual([
      ['debug', 'broken', 'send'],
    ])
  })
})

describe('A tunnel whose cipher', () => {
  it('names a peer that there is not goes on, and counts its packets', async () => {
    const opened = {
      peer: 'nobody',
      packets: [{ bytes: Uint8Array.of(0x45), segmentSize: 0 }],
      roams: true,
      probeReplies: [],
    }
    lab = new FaultLab({ cipher: (sound) => ({ ...sound, open: () => ({ opened: [opened], replies: [] }) }) })
    const tunnel = await lab.start()
    await lab.exchange()
    expect(tunnel.status().drops).toEqual({ 'pump.unknownPeer': 1 })
  })
})

describe('What a plugin sends', () => {
  it('goes nowhere between its close and its end, nor does what it tells of', async () => {
    const told: { handlers?: LinkHandlers; link?: Link } = {}
    lab = new FaultLab({
      link: (link, handlers) => {
        Object.assign(told, { link, handlers })
        return { close: hangs }
      },
    })
    const tunnel = await lab.start()
    void tunnel.close()
    await turns()
    told.handlers!.receive(told.link!, [Uint8Array.of(1)])
    told.handlers!.closed(told.link!)
    await lab.passes(6_000)
    await tunnel.ended
  })
})
