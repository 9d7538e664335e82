import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { addPlugin } from '../../../src/app/plugins/plugins.js'
import type { PeerStatus } from '../../../src/app/tunnel/status.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { RecordingLogger } from '../../../src/conformance/kit/recording-logger.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { SOLE_PEER, type TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { DialWait, LinkHandlers } from '../../../src/core/api/transport.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { Plugin } from '../../../src/core/plugin/plugin.js'
import type { ProxySettings } from '../../../src/core/settings/transport-settings.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { MemoryNet, never, packet, prefixes } from '../../support/memory-net.js'
import { pass } from '../../support/netsim/pass.js'
import { TunnelLab } from '../../support/tunnel-lab.js'

/** A tunnel whose peer is dialled over TCP as these settings of proxies say. */
async function behind(proxy: ProxySettings): Promise<Tunnel> {
  const config = {
    cipher: 'aes-256-gcm',
    key: Buffer.alloc(32, 7).toString('base64'),
    peers: [{ id: SOLE_PEER, allowed: EVERYTHING, endpoints: [new URL('tcp://127.0.0.1:2')] }],
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    listen: [],
    transports: { proxy },
    plugins: [],
  }
  const tunnel = await Tunnel.start(await createContainer(silentLogger, []), config, never)
  afterTest(() => tunnel.close())
  return tunnel
}

describe('Tunnel.status', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('tells what is known of each peer, and nothing of one that never called', async () => {
    net = await MemoryNet.make()
    const [comes, silent] = [net.client(2), net.client(3)]
    const config = net.hub({ ...comes.peer, name: 'laptop' }, silent.peer)
    const hub = await net.start({ ...config, isolateClients: true })
    const client = await comes.start()
    await net.reaches(client, hub, packet(2, 1, 0))
    await net.reaches(client, hub, packet(3, 1, 0), 30)
    await net.reaches(hub, client, packet(1, 2, 0))
    const status = hub.status()
    expect(status).toMatchObject({
      device: hub.device,
      cipher: 'wireguard',
      listen: [`memory://${net.hubName}`],
      isolateClients: true,
    })
    const [laptop, other] = status.peers
    expect(laptop).toMatchObject({
      name: 'laptop',
      id: comes.peer.id,
      allowed: ['10.0.0.2/32'],
      endpoints: [],
      endpoint: null,
      remote: expect.stringMatching(/^memory:/),
      why: 'the peer sends from there',
      roundTrip: expect.any(Number),
    })
    expect(laptop!.received.bytes).toBe(24 * laptop!.received.packets)
    expect(laptop!.received.packets).toBeGreaterThan(0)
    expect(laptop!.sent.packets).toBeGreaterThan(0)
    expect(Object.keys(laptop!.drops)).toEqual(['foreignSource'])
    expect(status.sent).toEqual(laptop!.sent)
    for (const time of [status.since, laptop!.since, laptop!.lastHandshake]) {
      expect(Math.abs(Date.now() - Date.parse(time!))).toBeLessThan(60_000)
    }
    expect(other).toEqual({
      name: null,
      id: silent.peer.id,
      allowed: ['10.0.0.3/32'],
      endpoints: [],
      endpoint: null,
      remote: null,
      why: 'nothing came from it yet',
      since: null,
      connecting: null,
      trying: [],
      attempts: [],
      proxy: null,
      proxySource: null,
      lastHandshake: null,
      state: 'offline',
      onlineSince: null,
      lastSeen: null,
      saidGoodbye: false,
      roundTrip: null,
      mtu: 1420,
      sent: { packets: 0, bytes: 0 },
      received: { packets: 0, bytes: 0 },
      drops: {},
    })
  })

  it('tells the endpoint in use without its password, and why it is that one', async () => {
    net = await MemoryNet.make()
    const client = net.client(2)
    const hub = await net.start(net.hub(client.peer))
    const tunnel = await client.start()
    await net.reaches(tunnel, hub, packet(2, 1, 0))
    expect(tunnel.status().peers).toMatchObject([
      {
        endpoints: [`memory://${net.hubName}`],
        endpoint: `memory://${net.hubName}`,
        remote: `memory://${net.hubName}`,
        why: 'it comes first',
      },
    ])
  })

  it.each([
    [{}, { proxy: 'http://127.0.0.1:1', proxySource: 'https_proxy' }],
    [{ NO_PROXY: '127.0.0.1' }, { proxy: null, proxySource: 'NO_PROXY' }],
  ])('tells the proxy before an endpoint, and who named it or exempts that: %j', async (more, expected) => {
    const tunnel = await behind({ environment: { https_proxy: 'user:secret@127.0.0.1:1', ...more } })
    expect(tunnel.status().peers).toMatchObject([expected])
  })

  it('tells the PAC file before an endpoint as long as it was not asked, and why it cannot be', async () => {
    const url = new URL('pac+https://127.0.0.1:1/proxy.pac')
    const tunnel = await behind({ url, source: "'--proxy'" })
    const proxySource = "'--proxy' (pac+https://127.0.0.1:1/proxy.pac)"
    expect(tunnel.status().peers).toMatchObject([{ proxy: 'pac+https://127.0.0.1:1/proxy.pac', proxySource }])
    await eventually('it tells why', () => tunnel.status().peers[0]!.attempts[0]?.code, 'pac-unreachable')
  })

  it('tells nothing once the tunnel is closed', async () => {
    net = await MemoryNet.make()
    const hub = await net.start(net.hub(net.client(2).peer))
    await hub.close()
    expect(() => hub.status()).toThrow('Cannot do that: the tunnel is not running')
  })
})

describe('Tunnel, telling of its peers', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('tells both ends when a peer is reached, moves and is lost', async () => {
    net = await MemoryNet.make()
    const client = net.client(2)
    const told: string[] = []
    const hub = await net.start(net.hub(client.peer), (change, { why }) =>
      told.push(`hub: ${change}, ${why}`),
    )
    const start = () => net!.start(client.config, (change, { why }) => told.push(`client: ${change}, ${why}`))
    const first = await start()
    await net.reaches(first, hub, packet(2, 1, 0))
    await first.close()
    const second = await start()
    await net.reaches(second, hub, packet(2, 1, 0))
    const config = { ...client.config, peers: [{ ...client.config.peers[0]!, endpoints: [] }] }
    await second.reload(config)
    await hub.reload(net.hub({ ...client.peer, allowed: prefixes('10.0.0.2/31') }))
    await hub.reload(net.hub())
    expect(told.filter((line) => line.startsWith('hub'))).toEqual([
      'hub: reached, the peer sends from there',
      'hub: moved, the peer sends from there',
      'hub: lost, it is no longer configured',
    ])
    expect(told.filter((line) => line.startsWith('client'))).toEqual([
      'client: reached, it comes first',
      'client: reached, it comes first',
      'client: lost, its endpoints changed',
    ])
  })
})

describe('What an attempt waits for in Tunnel.status', () => {
  it('is told by the step that a transport of a plugin names, in words of its own', async () => {
    const clock = new VirtualClock()
    const lab = new TunnelLab(clock)
    let wait: DialWait | undefined
    const dial = (_endpoint: URL, _handlers: LinkHandlers, given: DialWait) => {
      wait = given
      return new Promise<never>(() => {})
    }
    const create = () => ({ dial, listen: dial as never })
    addPlugin(lab.container, { api: 1, name: 'it', transports: { it: { summary: '', create } } }, './it.js')
    const idle = lab.config(undefined, 'memory://near')
    const peers = idle.peers.map((peer) => ({
      ...peer,
      endpoints: [new URL('it://me:canary@far/door?canary')],
    }))
    const starting = Tunnel.start(lab.container, { ...idle, peers }, never)
    await eventually('it dials', () => wait)
    await pass(clock, 3_000)
    const tunnel = await starting
    afterTest(() => tunnel.close())
    const shown = () => {
      const [{ connecting, why }] = tunnel.status().peers as [PeerStatus]
      return { connecting, why }
    }
    const since = () => new Date(clock.wall()).toISOString()
    const why = 'nothing came from it yet'
    expect(shown()).toMatchObject({ connecting: { endpoint: 'it://far/door', step: 'dial' }, why })
    expect(tunnel.status().peers[0]!.trying).toEqual([shown().connecting])
    wait!.step('rendez\x1b[2Jvous', 4_000, 'nobody came')
    const begun = since()
    await pass(clock, 2_000)
    const connecting = { endpoint: 'it://far/door', step: 'rendez [2Jvous', since: begun }
    expect(shown()).toEqual({ connecting, why })
    wait!.step(Number.NaN as never)
    expect(shown()).toEqual({ connecting, why })
    await pass(clock, 2_000)
    expect(shown()).toEqual({
      connecting: null,
      why: 'Cannot dial it://far/door: nobody came in 4 s',
    })
    expect(wait!.signal.aborted).toBe(true)
    wait!.step('late')
    expect(shown().connecting).toBe(null)
  })
})

const help = 'for a test'
/** Each part that is made is counted. */
const plugin: Plugin = {
  api: 1,
  name: 'it',
  options: { retries: { type: 'whole', default: 3, help } },
  figures: { made: { type: 'counter', unit: 'parts', help } },
  transports: {
    it: {
      summary: '',
      create: ({ figures }) => {
        figures.add('made', 1)
        const pending = () => new Promise<never>(() => {})
        return { dial: pending, listen: pending }
      },
    },
  },
}

describe('The figures of a plugin in Tunnel.status', () => {
  const tunnels: Tunnel[] = []
  afterEach(async () => {
    for (const tunnel of tunnels.splice(0)) await tunnel.close()
  })

  /** Starts tunnels with plugins; `used` dials by the transport of the plugin, `idle` does not. */
  function lab(plugin: Plugin) {
    const lab = new TunnelLab(new VirtualClock())
    addPlugin(lab.container, plugin, './it.js')
    const idle: TunnelConfig = {
      ...lab.config(undefined, 'memory://near'),
      pluginOptions: { folder: '/', tables: {} },
    }
    const peers = idle.peers.map((peer) => ({ ...peer, endpoints: [new URL('it://x')] }))
    const used: TunnelConfig = { ...idle, peers }
    const start = async () => {
      const tunnel = await Tunnel.start(lab.container, idle, never)
      tunnels.push(tunnel)
      return tunnel
    }
    return { idle, used, start }
  }

  const made = (value: number) => ({
    it: { made: { type: 'counter', unit: 'parts', values: [{ labels: {}, value }] } },
  })

  it('go on if a reload has its parts made anew, and begin anew with each tunnel', async () => {
    const { idle, start, used } = lab(plugin)
    const tunnel = await start()
    await tunnel.reload(used)
    expect(tunnel.status().figures).toEqual(made(1))
    const pluginOptions = { folder: '/', tables: { it: { values: { retries: 7 }, secrets: {} } } }
    await tunnel.reload(idle)
    await tunnel.reload({ ...idle, pluginOptions })
    await tunnel.reload({ ...used, pluginOptions })
    expect(tunnel.status().figures).toEqual(made(2))
    await tunnel.close()
    const next = await start()
    await next.reload(used)
    expect(next.status().figures).toEqual(made(1))
  })

  it('are in no status while it does nothing there', async () => {
    const tunnel = await lab(plugin).start()
    expect(Object.keys(tunnel.status())).not.toContain('figures')
  })

  it('are in no status if it declares none', async () => {
    const dial = () => new Promise<never>(() => {})
    const transports = { it: { summary: '', create: () => ({ dial, listen: dial }) } }
    const { start, used } = lab({ api: 1, name: 'it', transports })
    const tunnel = await start()
    await tunnel.reload(used)
    expect(Object.keys(tunnel.status())).not.toContain('figures')
  })
})

describe('a peer of a tunnel', () => {
  let net: MemoryNet
  let log: RecordingLogger
  beforeEach(async () => {
    log = new RecordingLogger()
    net = await MemoryNet.make(log)
  })
  afterEach(async () => {
    for (const tunnel of net.tunnels.splice(0)) await tunnel.close()
  })

  /** The states of a tunnel's peers. */
  const states = (tunnel: Tunnel) =>
    tunnel.status().peers.map(({ name, saidGoodbye, state }) => [name, state, saidGoodbye])
  const told = () => log.messages('info').filter((line) => /^(alice|bob|home) /.test(line))

  /** A hub with the clients alice and bob, both of which it heard of, and which call it home. */
  async function talking() {
    const [alice, bob] = [net.client(2), net.client(3)]
    const config = net.hub({ ...alice.peer, name: 'alice' }, { ...bob.peer, name: 'bob' })
    const hub = await net.start(config)
    const start = ({ config: { peers, ...others } }: typeof alice) =>
      net.start({ ...others, peers: [{ ...peers[0]!, name: 'home' }] })
    const clients = [await start(alice), await start(bob)] as const
    await net.reaches(clients[0], hub, packet(2, 1, 0))
    await net.reaches(clients[1], hub, packet(3, 1, 0))
    // Both ends have to know that the other one understands goodbyes.
    await net.reaches(hub, clients[0], packet(1, 2, 0))
    await net.reaches(hub, clients[1], packet(1, 3, 0))
    return { alice, config, hub, clients, start }
  }

  it('that ends is offline at once, and online when it comes again', async () => {
    const { alice, clients, hub, start } = await talking()
    expect(states(hub)).toEqual([
      ['alice', 'online', false],
      ['bob', 'online', false],
    ])
    const { lastSeen, onlineSince } = hub.status().peers[0]!
    expect(Date.parse(onlineSince!)).toBeLessThanOrEqual(Date.parse(lastSeen!))
    await clients[0].close()
    await eventually('alice is gone', () => states(hub)[0]![1] === 'offline')
    expect(states(hub)).toEqual([
      ['alice', 'offline', true],
      ['bob', 'online', false],
    ])
    expect(hub.status().peers[0]).toMatchObject({ onlineSince: null, lastSeen: expect.any(String) })
    expect(hub.config.peers.map(({ name }) => name)).toEqual(['alice', 'bob'])
    const again = await start(alice)
    await net.reaches(again, hub, packet(2, 1, 0))
    expect(states(hub)[0]).toEqual(['alice', 'online', false])
    expect(told().filter((line) => line.startsWith('alice'))).toEqual([
      'alice is online',
      'alice went offline: it said goodbye',
      'alice is online',
    ])
  })

  it('learns that it is removed, and the others do not', async () => {
    const { clients, config, hub } = await talking()
    await hub.reload({ ...config, peers: config.peers.slice(1) })
    await eventually('alice knows', () => states(clients[0])[0]![1] === 'offline')
    expect(states(clients[0])).toEqual([['home', 'offline', true]])
    expect(states(clients[1])).toEqual([['home', 'online', false]])
    expect(told().filter((line) => line.includes('offline'))).toEqual(['home went offline: it said goodbye'])
  })

  it('is told by a server that ends, and goes on to look for it', async () => {
    const { clients, config, hub } = await talking()
    await hub.close()
    for (const client of clients) {
      await eventually('the client knows', () => states(client)[0]![1] === 'offline')
      expect(states(client)).toEqual([['home', 'offline', true]])
    }
    const again = await net.start(config)
    expect(await net.reaches(clients[0], again, packet(2, 1, 0))).toBe(true)
    expect(states(clients[0])).toEqual([['home', 'online', false]])
  })
})

it('is not told whether a peer is there by a cipher that proves nothing', async () => {
  const clock = new VirtualClock()
  const lab = new TunnelLab(clock)
  const server = await Tunnel.start(lab.container, lab.config(undefined, 'memory://near'), never)
  const starting = Tunnel.start(lab.container, lab.config('memory://near'), never)
  await pass(clock, 4_000)
  const client = await starting
  lab.tunDriver.devices.get(client.device)!.inject(packet(2, 1, 0))
  await pass(clock, 1_000)
  const [peer] = server.status().peers
  expect(peer).toMatchObject({ received: { packets: 1 }, state: null, onlineSince: null, lastSeen: null })
  await Promise.all([client.close(), server.close()])
})
