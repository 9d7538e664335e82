import type { DependencyContainer } from 'tsyringe'
import { afterEach, describe, expect, it } from 'vitest'
import { generatePrivateKey, generateSharedKey, publicKeyOf } from '../src/ciphers/keys.js'
import { createContainer } from '../src/container.js'
import type { PeerConfig, TunnelConfig } from '../src/core/config.js'
import { parseIpPrefix } from '../src/core/ip-prefix.js'
import { silentLogger } from '../src/core/logger.js'
import { choosePlugin } from '../src/core/plugins.js'
import type { MemoryTunDriver } from '../src/tun/memory.js'
import { Tunnel } from '../src/tunnel.js'
import { VirtualClock } from './netsim/virtual-clock.js'
import { TunnelLab } from './tunnel-lab.js'

const never = new AbortController().signal
/** Milliseconds after which a packet that should have arrived did not. */
const PATIENCE = 4_000

const prefixes = (...texts: string[]) => texts.map((text) => parseIpPrefix(text)!)

/** An IPv4 packet between 10.0.0.SOURCE and 10.0.0.DESTINATION with a mark as its last byte. */
function packet(source: number, destination: number, mark: number): Uint8Array {
  const bytes = new Uint8Array(24)
  bytes[0] = 0x45
  bytes[3] = bytes.length
  bytes.set([10, 0, 0, source, 10, 0, 0, destination], 12)
  bytes[23] = mark
  return bytes
}

let names = 0

/** A hub at 10.0.0.1 that waits for clients, and clients at 10.0.0.2 and so on. */
class Net {
  readonly hubName = `hub-${process.pid}-${names++}`
  readonly hubKey = generatePrivateKey()
  readonly tunnels: Tunnel[] = []
  readonly #container: DependencyContainer
  readonly #devices: MemoryTunDriver['devices']

  private constructor(container: DependencyContainer) {
    this.#container = container
    const driver = choosePlugin(container, 'TUN driver', 'memory').create(container) as MemoryTunDriver
    this.#devices = driver.devices
  }

  static async make(): Promise<Net> {
    return new Net(await createContainer(silentLogger, []))
  }

  config(privateKey: string, peers: readonly PeerConfig[], listen: readonly string[] = []): TunnelConfig {
    return {
      cipher: 'wireguard',
      privateKey,
      peers,
      listen: listen.map((text) => new URL(text)),
      tunDriver: 'memory',
      tun: { name: undefined, mtu: 1420, addresses: [], routes: peers.flatMap(({ allowed }) => allowed) },
      plugins: [],
    }
  }

  hub(...peers: readonly PeerConfig[]): TunnelConfig {
    return this.config(this.hubKey, peers, [`memory://${this.hubName}`])
  }

  async start(config: TunnelConfig): Promise<Tunnel> {
    const tunnel = await Tunnel.start(this.#container, config, never)
    this.tunnels.push(tunnel)
    return tunnel
  }

  /** A client as the hub knows it, and its tunnel, once that is started. */
  client(number: number, presharedKey?: string) {
    const privateKey = generatePrivateKey()
    const peer: PeerConfig = {
      id: publicKeyOf(privateKey),
      allowed: prefixes(`10.0.0.${number}/32`),
      endpoints: [],
      presharedKey,
    }
    const hub: PeerConfig = {
      id: publicKeyOf(this.hubKey),
      allowed: prefixes('10.0.0.0/24'),
      endpoints: [new URL(`memory://${this.hubName}`)],
      presharedKey,
    }
    return {
      peer,
      config: this.config(privateKey, [hub]),
      start: (key = presharedKey) => this.start(this.config(privateKey, [{ ...hub, presharedKey: key }])),
    }
  }

  device(tunnel: Tunnel) {
    return this.#devices.get(tunnel.device)!
  }

  /** Lets packets leave one host until one arrives at the other. */
  async reaches(from: Tunnel, to: Tunnel, bytes: Uint8Array, patience = PATIENCE): Promise<boolean> {
    const { written } = this.device(to)
    const deadline = performance.now() + patience
    while (performance.now() < deadline) {
      written.length = 0
      this.device(from).inject(bytes)
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
      if (written.some((arrived) => Buffer.compare(arrived, bytes) === 0)) return true
    }
    return false
  }
}

/** Milliseconds that a packet gets that should not arrive. */
const MOMENT = 100

describe('Tunnel.reload', () => {
  let net: Net | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('lets peers come and go while a third loses nothing', async () => {
    net = await Net.make()
    const [stays, goes, comes] = [net.client(2), net.client(3), net.client(4)]
    const hub = await net.start(net.hub(stays.peer, goes.peer))
    const [a, b] = [await stays.start(), await goes.start()]
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    expect(await net.reaches(b, hub, packet(3, 1, 0))).toBe(true)

    const { written } = net.device(hub)
    written.length = 0
    for (let mark = 0; mark < 50; mark++) {
      net.device(a).inject(packet(2, 1, mark))
      if (mark % 10 === 5)
        void hub.reload(mark % 20 === 5 ? net.hub(stays.peer) : net.hub(stays.peer, comes.peer))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await hub.reload(net.hub(stays.peer, comes.peer))
    const deadline = performance.now() + PATIENCE
    while (written.length < 50 && performance.now() < deadline) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(written.map((bytes) => bytes.at(-1))).toEqual(Array.from({ length: 50 }, (_, mark) => mark))

    const c = await comes.start()
    expect(await net.reaches(c, hub, packet(4, 1, 0))).toBe(true)
    expect(await net.reaches(hub, c, packet(1, 4, 0))).toBe(true)
    expect(await net.reaches(b, hub, packet(3, 1, 0), MOMENT)).toBe(false)
    expect(await net.reaches(hub, b, packet(1, 3, 0), MOMENT)).toBe(false)
  })

  it('lets a range pass from one peer to another, and the routes follow', async () => {
    net = await Net.make()
    const [one, other] = [net.client(2), net.client(3)]
    const hub = await net.start(
      net.hub({ ...one.peer, allowed: prefixes('10.0.0.2/32', '10.0.0.9/32') }, other.peer),
    )
    const [a, b] = [await one.start(), await other.start()]
    expect(await net.reaches(a, hub, packet(9, 1, 0))).toBe(true)
    expect(await net.reaches(b, hub, packet(3, 1, 0))).toBe(true)
    await hub.reload(net.hub(one.peer, { ...other.peer, allowed: prefixes('10.0.0.9/32', '10.0.0.8/29') }))
    expect(await net.reaches(hub, b, packet(1, 9, 0))).toBe(true)
    expect(await net.reaches(b, hub, packet(9, 1, 0))).toBe(true)
    expect(await net.reaches(a, hub, packet(9, 1, 0), MOMENT)).toBe(false)
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    const routes = net.device(hub).options.routes.map(({ text }) => text)
    expect(routes.sort()).toEqual(['10.0.0.2/32', '10.0.0.8/29', '10.0.0.9/32'])
  })

  it('takes another preshared key and keepalive, and keeps the session until the next handshake', async () => {
    net = await Net.make()
    const client = net.client(2, generateSharedKey())
    const hub = await net.start(net.hub(client.peer))
    const a = await client.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    const next = generateSharedKey()
    await hub.reload(net.hub({ ...client.peer, presharedKey: next, keepalive: 7 }))
    expect(await net.reaches(hub, a, packet(1, 2, 0))).toBe(true)
    await a.close()
    const outdated = await client.start()
    expect(await net.reaches(outdated, hub, packet(2, 1, 0), MOMENT)).toBe(false)
    await outdated.close()
    const renewed = await client.start(next)
    expect(await net.reaches(renewed, hub, packet(2, 1, 0))).toBe(true)
  })

  it('dials other endpoints at once, and keeps the session', async () => {
    net = await Net.make()
    const client = net.client(2)
    const hub = await net.start(net.hub(client.peer))
    const a = await client.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    const { config } = client
    const [peer] = config.peers
    const endpoints = [...peer!.endpoints, new URL('memory://nowhere')]
    await a.reload({ ...config, peers: [{ ...peer!, endpoints }] })
    expect(await net.reaches(a, hub, packet(2, 1, 1))).toBe(true)
    expect(await net.reaches(hub, a, packet(1, 2, 2))).toBe(true)
    await a.reload({ ...config, peers: [{ ...peer!, endpoints: [] }] })
    expect(await net.reaches(a, hub, packet(2, 1, 3), MOMENT)).toBe(false)
    await a.reload(config)
    expect(await net.reaches(a, hub, packet(2, 1, 4))).toBe(true)
  })

  it('keeps clients apart, or no longer', async () => {
    net = await Net.make()
    const [one, other] = [net.client(2), net.client(3)]
    const config = net.hub(one.peer, other.peer)
    const hub = await net.start({ ...config, isolateClients: true })
    const a = await one.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    expect(await net.reaches(a, hub, packet(2, 3, 0), MOMENT)).toBe(false)
    await hub.reload(config)
    expect(await net.reaches(a, hub, packet(2, 3, 0))).toBe(true)
    await hub.reload({ ...config, isolateClients: true })
    expect(await net.reaches(a, hub, packet(2, 3, 0), MOMENT)).toBe(false)
  })
})

describe('Tunnel.reload, refused', () => {
  let net: Net | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('tells in one line all that cannot change, and leaves everything as it is', async () => {
    net = await Net.make()
    const client = net.client(2)
    const hub = await net.start(net.hub(client.peer))
    const config = net.hub()
    const changed: TunnelConfig = {
      ...config,
      privateKey: generatePrivateKey(),
      listen: [],
      tun: { ...config.tun, mtu: 1300, name: 'other' },
    }
    await expect(hub.reload(changed)).rejects.toMatchObject({
      code: 'ERR_CONFIG_VALUE',
      message:
        'Cannot change the tunnel while it runs: the own private key, where this end listens, ' +
        "the TUN device's name, the MTU cannot change; end it and start it again",
    })
    const a = await client.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
  })

  it.each([
    ['key', { id: 'AAAA' }, /44 characters/],
    ['transport', { endpoints: [new URL('other://host')] }, /^Cannot choose transport 'other'/],
  ])('changes nothing where the %s of one peer is wrong', async (_what, wrong, message) => {
    net = await Net.make()
    const [stays, comes] = [net.client(2, generateSharedKey()), net.client(3)]
    const hub = await net.start(net.hub(stays.peer))
    const rekeyed = { ...stays.peer, presharedKey: generateSharedKey(), allowed: prefixes('10.0.0.7/32') }
    await expect(
      hub.reload(net.hub(rekeyed, comes.peer, { ...net.client(4).peer, ...wrong })),
    ).rejects.toThrow(message)
    expect(net.device(hub).options.routes.map(({ text }) => text)).toEqual(['10.0.0.2/32'])
    const [a, b] = [await stays.start(), await comes.start()]
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    expect(await net.reaches(b, hub, packet(3, 1, 0), MOMENT)).toBe(false)
  })

  it('changes nothing where a route cannot be had', async () => {
    net = await Net.make()
    const [stays, comes] = [net.client(2), net.client(3)]
    const hub = await net.start(net.hub(stays.peer))
    net.device(hub).changeRoutes = async () => {
      throw new Error('no such route')
    }
    await expect(hub.reload(net.hub(comes.peer))).rejects.toThrow('no such route')
    const a = await stays.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
  })

  it('refuses other peers where the cipher cannot take them, and other routes where the device cannot', async () => {
    const lab = new TunnelLab(new VirtualClock())
    const config = lab.config(undefined, 'memory://near')
    const tunnel = await Tunnel.start(lab.container, config, never)
    const [peer] = config.peers
    const other = { ...config, peers: [{ ...peer!, id: 'other' }] }
    await expect(tunnel.reload(other)).rejects.toThrow(
      /^Cannot take other peers or keys while the tunnel runs: /,
    )
    await tunnel.reload({ ...config, peers: [{ ...peer!, allowed: prefixes('10.0.0.0/8') }] })
    lab.tunDriver.devices.get(tunnel.device)!.changeRoutes = undefined as never
    await expect(
      tunnel.reload({ ...config, tun: { ...config.tun, routes: prefixes('10.0.0.0/8') } }),
    ).rejects.toThrow(/the TUN driver memory cannot change routes/)
    await tunnel.close()
    expect(lab.open).toEqual([])
  })

  it('refuses anything once the tunnel is closed', async () => {
    const lab = new TunnelLab(new VirtualClock())
    const config = lab.config(undefined, 'memory://near')
    const tunnel = await Tunnel.start(lab.container, config, never)
    const closing = tunnel.close()
    await expect(tunnel.reload(config)).rejects.toThrow(
      'Cannot change the tunnel while it runs: it is closed',
    )
    await closing
  })
})
