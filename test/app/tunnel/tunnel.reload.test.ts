import { afterEach, describe, expect, it } from 'vitest'
import { changesTransports, fixedChanges, optionChanges } from '../../../src/app/tunnel/changes.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { generateSharedKey } from '../../../src/ciphers/keys/keys.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { PeerConfig, TunnelConfig } from '../../../src/core/api/config.js'
import type { IpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { eventually, turns } from '../../support/eventually.js'
import { LEAST_MARK, MemoryNet, never, packet, prefixes } from '../../support/memory-net.js'
import { TunnelLab } from '../../support/tunnel-lab.js'

/** Milliseconds that a packet gets that should not arrive. */
const MOMENT = 100

describe('Tunnel.reload', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('lets peers come and go while a third loses nothing', async () => {
    net = await MemoryNet.make()
    const [stays, goes, comes] = [net.client(2), net.client(3), net.client(4)]
    const hub = await net.start(net.hub(stays.peer, goes.peer))
    const [a, b] = [await stays.start(), await goes.start()]
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
    expect(await net.reaches(b, hub, packet(3, 1, 0))).toBe(true)

    const { written } = net.device(hub)
    written.length = 0
    // Those of the look above may be late.
    const marks = () => written.map((bytes) => bytes.at(-1)!).filter((mark) => mark < LEAST_MARK)
    for (let mark = 1; mark <= 50; mark++) {
      net.device(a).inject(packet(2, 1, mark))
      if (mark % 10 === 5)
        void hub.reload(mark % 20 === 5 ? net.hub(stays.peer) : net.hub(stays.peer, comes.peer))
      await turns(1)
    }
    await hub.reload(net.hub(stays.peer, comes.peer))
    await eventually('all arrive', () => marks().length, 50)
    expect(marks()).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))

    const c = await comes.start()
    expect(await net.reaches(c, hub, packet(4, 1, 0))).toBe(true)
    expect(await net.reaches(hub, c, packet(1, 4, 0))).toBe(true)
    expect(await net.reaches(b, hub, packet(3, 1, 0), MOMENT)).toBe(false)
    expect(await net.reaches(hub, b, packet(1, 3, 0), MOMENT)).toBe(false)
  })

  it('lets a range pass from one peer to another, and the routes follow', async () => {
    net = await MemoryNet.make()
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
    net = await MemoryNet.make()
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
    net = await MemoryNet.make()
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
    net = await MemoryNet.make()
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

/** From 10.0.0.1 to 10.0.0.2: it opens a connection of TCP, with segments as large as can be. */
const SYN = new Uint8Array(44)
SYN.set(packet(1, 2, 0).subarray(0, 20))
SYN[3] = SYN.length
SYN[9] = 6
SYN.set([6 << 4, 0x02], 32)
SYN.set([2, 4, 0xff, 0xff], 40)

describe('Tunnel.reload of an MTU', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('gives it to the device, whose connections fit it from then on, and takes it back if the rest cannot be had', async () => {
    net = await MemoryNet.make()
    const client = net.client(2)
    const config = net.hub(client.peer)
    const hub = await net.start(config)
    const [near, far] = [net.device(hub), net.device(await client.start())]
    const withMtu = (mtu: number) => ({ ...config, tun: { ...config.tun, mtu } })
    await hub.reload(withMtu(1300))
    expect(near.options.mtu).toBe(1300)
    const segments = async () => {
      near.inject(SYN)
      await turns()
      const arrived = far.written.at(-1)
      return arrived && (arrived[42]! << 8) | arrived[43]!
    }
    await eventually('connections fit', segments, 1300 - 40)
    const wrong = { ...net.client(4).peer, id: 'AAAA' }
    await expect(hub.reload({ ...withMtu(1400), peers: [wrong] })).rejects.toThrow(/44 characters/)
    expect(near.options.mtu).toBe(1300)
    near.change = undefined as never
    await expect(hub.reload(withMtu(1400))).rejects.toThrow(
      'this TUN driver cannot change the MTU; restart it',
    )
  })
})

/** Has a device drop IPv6 below 1280 bytes, and take none, as the kernel does. */
function withKernel(device: ReturnType<MemoryNet['device']>) {
  const changeRoutes = device.changeRoutes.bind(device)
  const change = device.change.bind(device)
  const isIpv6 = ({ address }: IpPrefix) => address.length === 16
  device.changeRoutes = async (added, removed) => {
    if (device.options.mtu < 1280 && added.some(isIpv6)) throw new Error('No such device')
    await changeRoutes(added, removed)
  }
  device.change = async (wanted) => {
    await change(wanted)
    if (device.options.mtu < 1280) await changeRoutes([], device.options.routes.filter(isIpv6))
  }
}

describe('Tunnel.reload of an MTU, with routes of IPv6', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })
  const start = async () => {
    net = await MemoryNet.make()
    const { peer } = net.client(2)
    const both = { ...peer, allowed: [...peer.allowed, ...prefixes('fd00::2/128')] }
    const wrong = { ...net.client(4).peer, id: 'AAAA' }
    const config = (mtu: number, ...peers: PeerConfig[]) => {
      const config = net!.hub(...peers)
      return { ...config, tun: { ...config.tun, mtu } }
    }
    return { peer, both, wrong, config }
  }
  const has = (tunnel: Tunnel) => {
    const { mtu, routes } = net!.device(tunnel).options
    return [mtu, ...routes.map(({ text }) => text)]
  }

  it('raises it before they come, and lowers it again if the rest cannot be had', async () => {
    const { both, config, peer, wrong } = await start()
    const hub = await net!.start(config(600, peer))
    withKernel(net!.device(hub))
    await expect(hub.reload(config(1420, both, wrong))).rejects.toThrow(/44 characters/)
    expect(has(hub)).toEqual([600, '10.0.0.2/32'])
    await expect(hub.reload(config(1200, both))).rejects.toThrow('No such device')
    expect(has(hub)).toEqual([600, '10.0.0.2/32'])
    await hub.reload(config(1420, both))
    expect(has(hub)).toEqual([1420, '10.0.0.2/32', 'fd00::2/128'])
  })

  it('lowers it only once nothing can be refused any more', async () => {
    const { both, config, peer, wrong } = await start()
    const hub = await net!.start(config(1420, both))
    withKernel(net!.device(hub))
    await expect(hub.reload(config(1000, peer, wrong))).rejects.toThrow(/44 characters/)
    expect(has(hub)).toEqual([1420, '10.0.0.2/32', 'fd00::2/128'])
    await hub.reload(config(1000, peer))
    expect(has(hub)).toEqual([1000, '10.0.0.2/32'])
  })
})

describe('Tunnel.reload, while routes go', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('tells of the peers that are in force while routes still go', async () => {
    net = await MemoryNet.make()
    const [stays, goes, comes] = [net.client(2), net.client(3), net.client(4)]
    const hub = await net.start(net.hub(stays.peer, goes.peer))
    let ids: string[] = []
    net.device(hub).changeRoutes = async (_added, removed) => {
      if (removed.length > 0) ids = hub.status().peers.map(({ id }) => id)
    }
    await hub.reload(net.hub(stays.peer, comes.peer))
    expect(ids).toEqual([stays.peer.id, comes.peer.id])
  })

  it('is in force, and can be followed by another, where a route that is needed no longer stays', async () => {
    net = await MemoryNet.make()
    const [stays, goes] = [net.client(2), net.client(3)]
    const hub = await net.start(net.hub(stays.peer, goes.peer))
    net.device(hub).changeRoutes = async (_added, removed) => {
      if (removed.length > 0) throw new Error('no memory')
    }
    await hub.reload(net.hub(stays.peer))
    expect(hub.status().peers.map(({ id }) => id)).toEqual([stays.peer.id])
    await hub.reload(net.hub(stays.peer, goes.peer))
    expect(hub.status().peers).toHaveLength(2)
  })
})

describe('Tunnel.reload, refused', () => {
  let net: MemoryNet | undefined
  afterEach(async () => {
    for (const tunnel of net?.tunnels.splice(0) ?? []) await tunnel.close()
  })

  it('tells in one line all that cannot change, and leaves everything as it is', async () => {
    net = await MemoryNet.make()
    const client = net.client(2)
    const hub = await net.start(net.hub(client.peer))
    const config = net.hub()
    const changed: TunnelConfig = {
      ...config,
      key: generateSharedKey(),
      listen: [],
      tun: { ...config.tun, name: 'other' },
      mtuFollows: true,
    }
    await expect(hub.reload(changed)).rejects.toMatchObject({
      code: 'ERR_CONFIG_VALUE',
      message:
        'Cannot change the tunnel while it runs: the shared key, ' +
        "the MTU, the TUN device's name cannot change; restart it",
    })
    const a = await client.start()
    expect(await net.reaches(a, hub, packet(2, 1, 0))).toBe(true)
  })

  it.each([
    ['key', { id: 'AAAA' }, /44 characters/],
    ['transport', { endpoints: [new URL('other://host')] }, /^Cannot choose transport 'other'/],
  ])('changes nothing where the %s of one peer is wrong', async (_what, wrong, message) => {
    net = await MemoryNet.make()
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
    net = await MemoryNet.make()
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
    const open = lab.tunDriver.open.bind(lab.tunDriver)
    lab.tunDriver.open = async (options) =>
      Object.assign(await open(options), { changeRoutes: undefined as never })
    const tunnel = await Tunnel.start(lab.container, config, never)
    const [peer] = config.peers
    const other = { ...config, peers: [{ ...peer!, id: 'other' }] }
    await expect(tunnel.reload(other)).rejects.toThrow(/^Cannot change peers or keys while the tunnel runs: /)
    await tunnel.reload({ ...config, peers: [{ ...peer!, allowed: prefixes('10.0.0.0/8') }] })
    await expect(
      tunnel.reload({ ...config, tun: { ...config.tun, routes: prefixes('10.0.0.0/8') } }),
    ).rejects.toThrow(/this TUN driver cannot change routes/)
    await tunnel.close()
    expect(lab.open).toEqual([])
  })

  it('refuses anything once the tunnel is closed', async () => {
    const lab = new TunnelLab(new VirtualClock())
    const config = lab.config(undefined, 'memory://near')
    const tunnel = await Tunnel.start(lab.container, config, never)
    const closing = tunnel.close()
    await expect(tunnel.reload(config)).rejects.toThrow('Cannot do that: the tunnel is not running')
    await closing
  })
})

const BARE: TunnelConfig = {
  cipher: 'none',
  peers: [],
  listen: [],
  tunDriver: undefined,
  tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
  plugins: [],
}

it('options of plugins that differ are named as files have them, in whichever order they are told', () => {
  const told = (values: object, secrets = {}) => ({
    ...BARE,
    pluginOptions: { folder: '/', tables: { nats: { values: { ...values }, secrets } } },
  })
  const before = told({ retries: 1, servers: ['a'] }, { token: 'hidden' })
  expect(optionChanges(before, told({ servers: ['a'], retries: 1 }, { token: 'hidden' })).size).toBe(0)
  expect(fixedChanges(BARE, told({}))).toEqual(['where the paths of the options of plugins begin'])
  expect([...optionChanges(before, told({ retries: 2, ping: 1 }, { token: 'other' }))]).toEqual([
    ['nats', ["'ping'", "'retries'", "'servers'", "'token'"].map((key) => `${key} in [plugin.nats]`)],
  ])
})

it('another script of a PAC file is taken while a tunnel runs, and so is another proxy', () => {
  const by = (proxy: object) => ({ ...BARE, transports: { proxy } })
  const url = new URL('pac+file:proxy.pac')
  const [before, ...after] = [
    by({ url, script: 'one' }),
    by({ url, script: 'two' }),
    by({ url: new URL('http://proxy:3128') }),
  ]
  expect(after.map((one) => fixedChanges(before!, one))).toEqual([[], []])
  expect([before!, ...after].map((one) => changesTransports(before!, one))).toEqual([false, true, true])
})
