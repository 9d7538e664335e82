import { describe, expect, it } from 'vitest'
import { builtins } from '../../../src/app/builtins.js'
import { carrierAddresses } from '../../../src/app/device/carrier-addresses.js'
import { mayLeadAround } from '../../../src/app/device/ranges-around.js'
import { admitObject } from '../../../src/app/library/read-object.js'
import { partTraitsIn } from '../../../src/app/plugins/part-traits.js'
import { addPlugin, traitsOf } from '../../../src/app/plugins/plugins.js'
import { endpointAddress } from '../../../src/app/uapi/endpoint-address.js'
import type { Configuration } from '../../../src/config/schema/configuration.js'
import type { PeerModel } from '../../../src/config/schema/model.js'
import type { CipherTraits } from '../../../src/core/api/cipher.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { TransportTraits } from '../../../src/core/api/transport.js'
import { LOGGER } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { PartTraits } from '../../../src/core/plugin/part-traits.js'
import type { Plugin } from '../../../src/core/plugin/plugin.js'
import { A, B, OWN } from '../../support/keys.js'
import { bareApp } from './bare-app.js'

const part = { summary: '', create: () => expect.unreachable() }
const ADDRESS = ['10.0.0.1/24']
const KEY = 'ab'.repeat(32)

/** What is known beside the built-in parts once a plugin is loaded that has a transport `mine` and a cipher `own`. */
function traitsWith(mine: TransportTraits = {}, own: CipherTraits = {}): PartTraits {
  const transports = { mine: { ...part, ...mine } }
  const plugin: Plugin = { api: 1, name: 'p', transports, ciphers: { own: { ...part, ...own } } }
  return partTraitsIn([builtins, plugin])
}

/** A configuration for a plugin's cipher, or without its name for the built-in ones. */
function read(peers: readonly PeerModel[], traits: PartTraits, more: Configuration['interface'] = {}) {
  const own = { address: ADDRESS, ...(more.privateKey === undefined && { key: KEY }), ...more }
  return admitObject({ interface: own, peers }, '/').whole(traits)
}

/** The first endpoint of the only peer. */
const endpointOf = (text: string, traits: PartTraits) =>
  read([{ endpoints: [text] }], traits).config.peers[0]!.endpoints[0]!

describe("the trait 'overhead' of a plugin's transport", () => {
  it('counts as that of UDP, with a warning, if it throws or cannot be', () => {
    const app = bareApp()
    const lines: unknown[] = []
    app.register(LOGGER, { useValue: { ...silentLogger, warn: (...line: unknown[]) => lines.push(line) } })
    let overhead = (): unknown => 100
    const mine = { ...part, searchesPathMtu: false, overhead: () => overhead() as number }
    addPlugin(app, { api: 1, name: 'p', transports: { mine } }, './p.js')
    const traits = traitsOf(app)('mine:')
    const told = () => traits.overhead!(new URL('mine://h'))
    expect([told(), traits.searchesPathMtu]).toEqual([100, false])
    for (const wrong of [Number.NaN, -1, 1.5, 1_281, '48', undefined, 10n]) {
      overhead = () => wrong
      expect(told()).toBe(48)
    }
    overhead = () => {
      throw new TypeError('x of undefined')
    }
    expect(told()).toBe(48)
    expect(lines).toEqual([
      [
        "transport 'mine' of plugin 'p' failed in 'overhead', and the tunnel goes on",
        expect.objectContaining({ why: expect.stringContaining("'overhead' returned NaN") }),
      ],
    ])
  })
})

describe("the trait 'authority' of a plugin's transport", () => {
  it('says which URLs are its endpoints', () => {
    const [host, name, none] = (['host', 'name', 'none'] as const).map((authority) =>
      traitsWith({ authority }),
    )
    expect(endpointOf('mine://h', host!).href).toBe('mine://h:1337')
    expect(endpointOf('mine://h', name!).href).toBe('mine://h')
    expect(endpointOf('mine:///run/x', none!).href).toBe('mine:///run/x')
    for (const text of ['mine://h', 'mine:///run/x'])
      expect(endpointOf(text, traitsWith()).href).toContain(text)
    expect(() => endpointOf('mine:///run/x', host!)).toThrow(
      "'peers[0].endpoints[0]' is wrong: 'mine:///run/x' is not a URL such as mine://host:1337",
    )
    expect(() => endpointOf('mine://h:7', name!)).toThrow("'mine://h:7' names a port, and mine:// has none")
    expect(() => endpointOf('mine:///x', name!)).toThrow("'mine:///x' is not a URL such as mine://name")
    expect(() => endpointOf('mine://h/x', none!)).toThrow("'mine://h/x' is not a URL such as mine:///path")
  })

  it('keeps a name that nobody looks up from being taken for an address or a host', () => {
    const carriers = (traits: PartTraits) => {
      const peers = [{ endpoints: ['mine://192.0.2.1'], allowedIps: ['0.0.0.0/0'] }]
      const { config, remarks } = read(peers, traits, { table: 'off' })
      return { addresses: carrierAddresses(config, traits.transport).length, remarks: remarks.length }
    }
    expect(carriers(traitsWith()).addresses).toBe(1)
    expect(carriers(traitsWith({ authority: 'name' })).addresses).toBe(0)
    const led = (traits: PartTraits) => {
      const { config } = read([{ endpoints: ['mine://somewhere'], allowedIps: ['1.0.0.0/8'] }], traits)
      return mayLeadAround(config, traits.transport)
    }
    expect(led(traitsWith({ authority: 'name' }))).toBe(false)
    const endpoints = ['mine://192.0.2.1']
    const remarksOf = (traits: PartTraits) =>
      read([{ endpoints, allowedIps: ['192.0.2.0/24'] }], traits).remarks.map(({ text }) => text)
    expect(remarksOf(traitsWith())).toEqual([expect.stringContaining('leads to 192.0.2.1')])
    expect(remarksOf(traitsWith({ authority: 'name' }))).toEqual([])
  })
})

describe("the trait 'ports' of a plugin's transport", () => {
  it('is the port of a URL that names none', () => {
    expect(endpointOf('mine://h', traitsWith({ ports: { mine: 4222 } })).href).toBe('mine://h:4222')
    expect(endpointOf('mine://h', traitsWith()).href).toBe('mine://h:1337')
  })
})

describe("the trait 'proxied' of a plugin's transport", () => {
  it('makes peers agree on the proxy that they are dialled through', () => {
    const [first, second] = ['http://a:1', 'http://b:2']
    const proxyOf = (traits: PartTraits) => {
      const wireguard = { privateKey: OWN.privateKey }
      const peers = [
        { publicKey: A.publicKey, endpoints: ['mine://h:1'], proxy: first },
        { publicKey: B.publicKey, endpoints: ['tcp://h:1'], proxy: second },
      ]
      return read(peers, traits, wireguard).config.transports?.proxy?.url
    }
    expect(() => proxyOf(traitsWith({ proxied: true }))).toThrow('Cannot dial by several proxies')
    expect(String(proxyOf(traitsWith()))).toBe(`${second}/`)
  })
})

describe("the trait 'source' of a plugin's transport", () => {
  it('hides an address that is not that of the peer from tools', () => {
    const called = (traits: PartTraits) =>
      endpointAddress(
        { chooser: undefined, link: undefined },
        [new URL('mine://192.0.2.1:7')],
        traits.transport,
      )
    expect(called(traitsWith())).toBe('192.0.2.1:7')
    expect(called(traitsWith({ source: 'address' }))).toBe('192.0.2.1:7')
    expect(called(traitsWith({ source: 'none' }))).toBeUndefined()
  })
})

describe("the trait 'rank' of a plugin's transport", () => {
  it('says where its schemes stand among those that a new server is offered', () => {
    const offered = (traits: TransportTraits) => traitsWith(traits).offered
    expect(offered({})).toEqual(['udp', 'tcp', 'ws', 'wss'])
    expect(offered({ rank: 1.5 })).toEqual(['udp', 'mine', 'tcp', 'ws', 'wss'])
    expect(offered({ rank: 9 })).toEqual(['udp', 'tcp', 'ws', 'wss', 'mine'])
    expect(offered({ rank: 9, authority: 'none' })).toEqual(['udp', 'tcp', 'ws', 'wss'])
  })
})

describe("the trait 'keys' of a plugin's cipher", () => {
  const cipher = 'own'
  const privately = { cipher, privateKey: OWN.privateKey }

  it('says which keys it takes', () => {
    const [shared, own, none] = (['shared', 'private', 'none'] as const).map((keys) =>
      traitsWith({}, { keys }),
    )
    const peers = [{ publicKey: A.publicKey, endpoints: ['udp://h:1'] }]
    expect(read(peers, traitsWith(), privately).config.privateKey).toBe(OWN.privateKey)
    expect(read(peers, own!, privately).config.privateKey).toBe(OWN.privateKey)
    for (const traits of [shared!, none!]) {
      expect(() => read(peers, traits, privately)).toThrow("'own', which takes 'key' and no private key")
      expect(read(peers, traits, { cipher }).config.key).toBe(KEY)
    }
    expect(() => read(peers, own!, { cipher })).toThrow("'interface.privateKey' is missing")
    expect(() => read([{ endpoints: ['udp://h:1'] }], own!, privately)).toThrow("publicKey' is missing")
  })

  it('says whether anything can be pushed', () => {
    const peers: PeerModel[] = [{ endpoints: ['udp://h:1'], accept: ['dns'] }]
    expect(() => read(peers, traitsWith({}, { keys: 'none' }), { cipher })).toThrow(
      'needs a cipher that tells ends apart; own does not',
    )
    for (const keys of ['shared', undefined] as const) {
      expect(() => read(peers, traitsWith({}, keys && { keys }), { cipher })).not.toThrow()
    }
  })

  it('has an end listen at a free port by UDP if its keys are private', () => {
    const listens = (traits: PartTraits) =>
      read([{ publicKey: A.publicKey, endpoints: ['udp://h:1'] }], traits, privately).config.listen.map(
        String,
      )
    expect(listens(traitsWith({}, { keys: 'private' }))).toEqual(['udp://[::]:0'])
    expect(listens(traitsWith())).toEqual([])
  })
})

describe("the trait 'peers' of a plugin's cipher", () => {
  const cipher = 'own'

  it('says how many peers there may be, and what one owns that says nothing of it', () => {
    const two = [A, B].map(({ publicKey }) => ({ publicKey, endpoints: ['udp://h:1'] }))
    const owned = (traits: PartTraits) =>
      read(two, traits, { cipher }).config.peers.map(({ allowed }) => allowed)
    expect(owned(traitsWith({}, { peers: 'many' }))).toEqual([[], []])
    expect(owned(traitsWith({}, { peers: 'one' }))).toEqual([EVERYTHING, EVERYTHING])
    const nameless = two.map(({ endpoints }) => ({ endpoints, allowedIps: [] }))
    expect(() => read(nameless, traitsWith({}, { peers: 'many' }), { cipher })).toThrow(
      "publicKey' is missing; by it this peer is told from the others",
    )
    expect(() => read(nameless, traitsWith(), { cipher })).toThrow('ends that share a key have one peer')
  })

  it('says whether peers may come later', () => {
    expect(read([], traitsWith({}, { peers: 'many' }), { cipher }).remarks).toHaveLength(1)
    for (const peers of ['one', undefined] as const) {
      expect(() => read([], traitsWith({}, peers && { peers }), { cipher })).toThrow("'peers' is missing")
    }
  })
})

describe('parts of plugins that are not loaded', () => {
  it('are taken as they are written, since what only they know is left unchecked', () => {
    const { config } = read([{}, {}], partTraitsIn([builtins]), { cipher: 'unknown', listen: ['mine://h'] })
    expect(config.listen.map(String)).toEqual(['mine://h:1337'])
    expect(config.peers.map(({ id }) => id)).toHaveLength(2)
  })
})
