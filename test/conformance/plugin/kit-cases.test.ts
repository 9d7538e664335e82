import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { kitCases } from '../../../src/conformance/plugin/kit-cases.js'
import type { Kit } from '../../../src/conformance/testing.js'
import { statelessCipher } from '../../../src/core/api/stateless-cipher.js'
import type { Transport } from '../../../src/core/api/transport.js'
import { type CipherContext, definePlugin, type Plugin } from '../../../src/core/plugin/plugin.js'
import { systemClock } from '../../../src/core/time/system-clock.js'
import { type DatagramPort, MemoryDatagramTransport } from '../../../src/transports/memory/datagram.js'
import { MemoryHub } from '../../../src/transports/memory/hub.js'
import { failingCases } from '../kit/failing-cases.js'
import { brokenTun } from '../tun/broken-tun.js'

const KEY = 'a key of the test'
const TOKEN = 'a token of the test'
const help = 'for a test'
type Context = CipherContext<{ readonly rounds: number; readonly token: string | undefined }>

/** What its parts do otherwise. */
interface Parts {
  carrier?(transport: Transport): Transport
  seal?(packet: Uint8Array): Uint8Array
  /** Whether its cipher says that it takes part in rehearsals. */
  readonly rehearse?: boolean
}

/** What the TUN driver of the plugin opens, and who plays its host. */
let inMemory = brokenTun()

/** A plugin with a part of each kind. `create` does what a broken one does before its cipher is made. */
function pluginOf(
  create: (context: Context) => void = () => {},
  more: object = {},
  { carrier = (transport) => transport, seal = (packet) => packet, ...traits }: Parts = {},
): Plugin {
  const hub = new MemoryHub<DatagramPort>({ clock: systemClock })
  return definePlugin({
    api: 1,
    name: 'tested',
    options: {
      rounds: { type: 'whole', min: 1, max: 9, default: 3, help },
      token: { type: 'secret', help },
    },
    transports: {
      within: { summary: '', kind: 'datagram', create: () => carrier(new MemoryDatagramTransport(hub)) },
    },
    ciphers: {
      plain: {
        ...{ summary: '', ...traits },
        create(context) {
          create(context)
          return statelessCipher('peer', { seal, open: (datagram) => datagram })
        },
      },
    },
    packetHooks: { nothing: { summary: '', create: () => ({ outgoing: () => undefined }) } },
    tunDrivers: { held: { summary: '', create: () => inMemory.driver } },
    ...more,
  }) as unknown as Plugin
}

const end = { key: KEY, peers: [{ id: 'peer' }], options: { token: TOKEN } }
const kit: Kit = {
  transports: { within: { setup: () => ({ endpoint: new URL('within://far') }) } },
  ciphers: { plain: { authenticates: false, setup: () => ({ near: end, far: end }) } },
  packetHooks: { nothing: { setup: () => ({}) } },
  tunDrivers: {
    held: {
      setup() {
        inMemory = brokenTun()
        const { host, withoutRights } = inMemory
        return { host: host!, withoutRights }
      },
    },
  },
}

const NONE_NAMED =
  "Cannot test plugin 'tested': its kit names none of its parts, so that nothing is tested; there is the transport 'within', the cipher 'plain', the TUN driver 'held', the packet hook 'nothing'"

async function failing(plugin: Plugin, by = kit): Promise<string[]> {
  return failingCases(kitCases(plugin, by))
}

/** What is broken of a plugin, by the only case that finds it out. */
const BROKEN: Readonly<Record<string, Plugin>> = {
  'plugin tested: has no member that this version does not know': pluginOf(undefined, { chipers: {} }),
  'cipher plain: works in rehearsals': pluginOf(
    ({ network }) => void network.agent, // a getter, which a rehearsal's refuses
    {},
    { rehearse: true },
  ),
  'cipher plain: works with what a later version will give it besides': pluginOf((context) => {
    const other = Object.keys(context).find((name) => name.startsWith('later'))
    if (other !== undefined) throw new Error(`what is ${other}?`)
  }),
  'cipher plain: works with whatever its options allow': pluginOf(({ options }) => {
    if (options.rounds > 8) throw new Error('too many rounds')
  }),
  'cipher plain: closes again without harm': pluginOf(undefined, { close: closesOnce() }),
  'cipher plain: carries a whole tunnel, and ends with it': endsBadly(),
  'cipher plain: serves each tunnel alone, and one after another': sharesWhatItHas(),
  'cipher plain: goes on over a reload that changes its options': pluginOf(undefined, {
    update: (options: { lost?: object }) => Object.keys(options.lost!),
  }),
  'cipher plain: shows no secret': pluginOf(({ log, options }) => log.debug('made', { by: options.token })),
}

/** A `close` that is undone by its being called again. */
function closesOnce(): Plugin['close'] {
  const closed = new WeakSet<AbortSignal>()
  return ({ signal }) => {
    if (closed.has(signal)) throw new Error('it is closed')
    closed.add(signal)
  }
}

/** Cannot close once it made something. */
function endsBadly(): Plugin {
  const used = new WeakSet<AbortSignal>()
  const close: Plugin['close'] = ({ signal }) => {
    if (used.has(signal)) throw new Error('there is something left')
  }
  return pluginOf(({ signal }) => used.add(signal), { close })
}

/** Has one thing for all tunnels, the one that was made last. */
function sharesWhatItHas(): Plugin {
  let shared = { isOpen: false }
  const setup = () => {
    shared = { isOpen: true }
  }
  const close = () => {
    shared.isOpen = false
  }
  const seal = (packet: Uint8Array) => {
    if (!shared.isOpen) throw new Error('it is closed')
    return packet
  }
  return pluginOf(undefined, { setup, close }, { seal })
}

describe('kitCases', () => {
  it('alone finds what opens sockets by itself', async () => {
    const carrier = (transport: Transport): Transport => ({
      listen: (...all) => transport.listen(...all),
      dial(...all) {
        connect(9, '192.0.2.1')
          .on('error', () => {})
          .destroy()
        return transport.dial(...all)
      },
    })
    const { transports } = kit
    expect(await failing(pluginOf(undefined, {}, { carrier }), { transports: transports! })).toEqual([
      'transport within: opens its sockets through what it is given',
    ])
  })

  it('finds nothing wrong with a sound plugin', async () => {
    expect(await failing(pluginOf())).toEqual([])
    expect(await failing(pluginOf(undefined, {}, { rehearse: true }))).toEqual([])
  })

  it.each(Object.entries(BROKEN))('alone finds what breaks: %s', async (name, broken) => {
    const { ciphers } = kit // the others are found out as well, for the same plugin
    expect(await failing(broken, { ciphers: ciphers! })).toEqual([name])
  })

  it('has a broken part for each case that all parts have, and for that of transports', () => {
    const cases = kitCases(pluginOf(undefined, {}, { rehearse: true }), kit)
    const plain = (of: string) =>
      cases.filter((one) => one.of === of).map(({ name }) => name.replace(/.*?: /, ''))
    const hooks = [...plain('nothing'), 'works in rehearsals'] // which the cipher alone takes part in
    const ofAll = [...plain('tested'), ...plain('plain').filter((name) => hooks.includes(name))]
    const proven = Object.keys(BROKEN).map((name) => name.replace(/.*?: /, ''))
    expect(proven.toSorted()).toEqual(ofAll.toSorted())
    expect(plain('within')).toContain('opens its sockets through what it is given')
  })

  it('finds a key in an error', async () => {
    const telling = pluginOf(({ key = '' }) => {
      if (key !== KEY) throw new Error(`wrong key: ${key}`)
    })
    expect(await failing(telling)).toEqual(['cipher plain: shows no secret'])
  })

  it('names what each case is about, and no two alike', () => {
    const cases = kitCases(pluginOf(), kit)
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
    expect(new Set(cases.map(({ kind, of }) => `${kind} ${of}`))).toEqual(
      new Set([
        'plugin tested',
        'transport within',
        'cipher plain',
        'TUN driver held',
        'packet hook nothing',
      ]),
    )
    for (const { promise } of cases) expect(promise).toMatch(/^[A-Z`].*\.$/)
  })

  it.each([
    [
      { chipers: {} },
      "Cannot test plugin 'tested': its kit has the member 'chipers'; known are transports, ciphers, tunDrivers, packetHooks",
    ],
    [
      { ciphers: { plane: {} } },
      "Cannot test plugin 'tested': its kit is about the cipher 'plane', which the plugin does not offer",
    ],
    [null, "Cannot test plugin 'tested': its kit is no object"],
    [{}, NONE_NAMED],
    [{ transports: {}, ciphers: undefined }, NONE_NAMED],
  ])('refuses the kit %j', (wrong, message) => {
    expect(() => kitCases(pluginOf(), wrong as Kit)).toThrow(message)
  })
})
