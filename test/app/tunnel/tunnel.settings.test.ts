import type { DependencyContainer } from 'tsyringe'
import { afterEach, describe, expect, it } from 'vitest'
import { createContainer } from '../../../src/app/container.js'
import { choosePlugin } from '../../../src/app/plugins/plugins.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { generatePrivateKey, publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import type { PeerConfig, TunnelConfig } from '../../../src/core/api/config.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import type { ClientSettings, SettingKind } from '../../../src/core/settings/client-settings.js'
import type { MemoryTunDriver } from '../../../src/tun/memory.js'
import { settingsOf } from '../../support/ciphers/settings-samples.js'
import { eventually } from '../../support/eventually.js'

const HANDED = settingsOf({ addresses: ['10.0.0.2'], routes: ['10.9.0.0/16', '192.168.0.0/16'], mtu: 1380 })

const prefixes = (...texts: string[]) => texts.map((text) => parseIpPrefix(text)!)

let names = 0

/** A server and a client of one process. */
class Net {
  readonly #server = generatePrivateKey()
  readonly #client = generatePrivateKey()
  readonly #name = `server-${process.pid}-${names++}`
  readonly #container: DependencyContainer
  readonly tunnels: Tunnel[] = []

  constructor(container: DependencyContainer) {
    this.#container = container
  }

  server(push: ClientSettings | undefined): TunnelConfig {
    const client = { id: publicKeyOf(this.#client), allowed: prefixes('10.0.0.2/32'), endpoints: [], push }
    return { ...config(this.#server, client), listen: [new URL(`memory://${this.#name}`)] }
  }

  client(accepts: readonly SettingKind[], routes: readonly string[] = []): TunnelConfig {
    const server = {
      id: publicKeyOf(this.#server),
      allowed: prefixes('10.0.0.0/8'),
      endpoints: [new URL(`memory://${this.#name}`)],
      accepts,
    }
    return config(this.#client, server, routes)
  }

  async start(config: TunnelConfig): Promise<Tunnel> {
    const tunnel = await Tunnel.start(this.#container, config, new AbortController().signal)
    this.tunnels.push(tunnel)
    return tunnel
  }

  /** What a tunnel's device has. */
  has({ device }: Tunnel) {
    const driver = choosePlugin(this.#container, 'TUN driver', 'memory').make(
      {},
      new AbortController().signal,
    )
    const { addresses, mtu, routes } = (driver as MemoryTunDriver).devices.get(device)!.options
    return {
      addresses: addresses.map(({ local }) => local),
      routes: routes.map(({ text }) => text),
      mtu,
    }
  }
}

function config(privateKey: string, peer: PeerConfig, routes: readonly string[] = []): TunnelConfig {
  return {
    cipher: 'wireguard',
    privateKey,
    peers: [peer],
    listen: [],
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: prefixes(...routes) },
    plugins: [],
  }
}

const BARE = { addresses: [], routes: [], mtu: 1420 }
const ALL = { addresses: ['10.0.0.2'], routes: ['10.9.0.0/16'], mtu: 1380 }

describe('a tunnel whose server pushes settings', () => {
  let net: Net
  afterEach(async () => {
    for (const tunnel of net.tunnels) await tunnel.close()
  })
  const start = async (push: ClientSettings | undefined, client: (net: Net) => TunnelConfig) => {
    net = new Net(await createContainer(silentLogger, []))
    return { server: await net.start(net.server(push)), client: await net.start(client(net)) }
  }
  const comesToHave = (tunnel: Tunnel, what: object) =>
    eventually('the settings are there', () => net.has(tunnel), what)

  it('has what its file accepts of them, and nothing beyond what the server owns', async () => {
    const { client, server } = await start(HANDED, (net) => net.client(['addresses', 'routes', 'mtu']))
    await comesToHave(client, ALL)
    expect(net.has(server)).toEqual(BARE)
  })

  it('has nothing of them where its file accepts nothing', async () => {
    const { client, server } = await start(HANDED, (net) => net.client([]))
    await server.reload(net.server(settingsOf({ mtu: 1300 })))
    expect(net.has(client)).toEqual(BARE)
  })

  it('follows a server that changes them while both run, and drops them at last', async () => {
    const { client, server } = await start(HANDED, (net) => net.client(['addresses', 'routes', 'mtu']))
    await comesToHave(client, ALL)
    await server.reload(
      net.server(settingsOf({ addresses: ['10.0.0.2'], routes: ['10.8.0.0/16'], mtu: 1300 })),
    )
    await comesToHave(client, { addresses: ['10.0.0.2'], routes: ['10.8.0.0/16'], mtu: 1300 })
    await server.reload(net.server(undefined))
    await comesToHave(client, BARE)
  })

  it('leads nothing of them into it that its file excludes, from reload to reload', async () => {
    const routes = ['10.8.0.0/15']
    const push = settingsOf({ routes })
    const client = (...excluded: string[]) => ({ ...net.client(['routes']), excluded: prefixes(...excluded) })
    const { client: tunnel } = await start(push, () => client('10.9.0.0/16'))
    await comesToHave(tunnel, { ...BARE, routes: ['10.8.0.0/16'] })
    await tunnel.reload(client())
    await comesToHave(tunnel, { ...BARE, routes })
    await tunnel.reload(client('10.0.0.0/8'))
    await comesToHave(tunnel, BARE)
  })

  it('never has a larger MTU than its file says by then, and takes the pushed one as soon as it may', async () => {
    const withMtu = (mtu: number) => {
      const config = net.client(['mtu'])
      return { ...config, tun: { ...config.tun, mtu } }
    }
    const { client } = await start(HANDED, () => withMtu(1420))
    await comesToHave(client, { ...BARE, mtu: 1380 })
    await client.reload(withMtu(1300))
    await comesToHave(client, { ...BARE, mtu: 1300 })
    await client.reload(withMtu(1400))
    await comesToHave(client, { ...BARE, mtu: 1380 })
    await client.close()
    const other = await net.start(withMtu(1300))
    await comesToHave(other, { ...BARE, mtu: 1300 })
    await other.reload(withMtu(1420))
    await comesToHave(other, { ...BARE, mtu: 1380 })
  })

  it('follows its own file where that accepts less, and keeps the routes that are its own', async () => {
    const { client } = await start(HANDED, (net) => net.client(['addresses', 'routes', 'mtu']))
    await comesToHave(client, ALL)
    await client.reload(net.client(['mtu'], ['10.9.0.0/16']))
    await comesToHave(client, { addresses: [], routes: ['10.9.0.0/16'], mtu: 1380 })
    await client.reload(net.client(['addresses', 'routes', 'mtu']))
    await comesToHave(client, ALL)
  })
})
