import type { LabHost } from '../../lab/lab.js'
import type { TunnelConfig } from '../../src/core/api/config.js'
import { liesWithin, networkOf } from '../../src/core/ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../../src/core/ip/ip-prefix.js'

/** What a file makes of a host, in words that wg-quick and Qanat have in common. Lists are sorted. */
export interface Effect {
  readonly privateKey: string | undefined
  /** Undefined if each program chooses one. */
  readonly port: number | undefined
  readonly mark: number
  /** Undefined if each program chooses one. */
  readonly mtu: number | undefined
  readonly addresses: readonly string[]
  /** Each with its table. Those within an own network, which that reaches already, are left out. */
  readonly routes: readonly string[]
  readonly peers: readonly PeerEffect[]
}

interface PeerEffect {
  readonly key: string
  readonly presharedKey: string | undefined
  readonly endpoint: string | undefined
  readonly keepalive: number
  readonly allowed: readonly string[]
}

/** Names that iproute2 has for tables. */
const TABLES: Readonly<Record<number, string>> = { 253: 'default', 254: 'main' }

/** What Qanat would make of a host. */
export function effectOf({ host, listen, peers, privateKey, tun }: TunnelConfig, mtu?: number): Effect {
  const { addresses, routes, routingTable = 254 } = tun
  const port = Number(listen.find(({ protocol }) => protocol === 'udp:')?.port ?? 0)
  return {
    privateKey,
    port: port === 0 ? undefined : port,
    mark: host?.mark ?? 0,
    mtu,
    addresses: addresses.map(({ local, prefix }) => networkText(parseIpPrefix(`${local}/${prefix}`)!)).sort(),
    routes: routesIn(
      routes.map(({ text }) => ({ range: text, table: TABLES[routingTable] ?? String(routingTable) })),
      addresses.map(({ local, prefix }) => `${local}/${prefix}`),
    ),
    peers: peers
      .map(({ allowed, endpoints: [endpoint], id, keepalive = 0, presharedKey }) => ({
        key: id,
        presharedKey,
        endpoint: endpoint && `${endpoint.hostname}:${endpoint.port}`, // wireguard-go shows no zone
        keepalive,
        allowed: distinct(allowed.map((range) => networkOf(range).text)),
      }))
      .sort(byKey),
  }
}

/** What a WireGuard device on a host is now. `port`, `mtu`: whether the file tells them. */
export async function effectOn(host: LabHost, device: string, said: Effect): Promise<Effect> {
  const ip = async <Item>(...args: string[]): Promise<Item[]> =>
    JSON.parse((await host.run('ip', '-json', ...args)) || '[]')
  const dump = await host.run('wg', 'show', device, 'dump')
  const [own, ...peers] = dump.split('\n').map((line) => line.split('\t'))
  const [link] = await ip<Link>('address', 'show', 'dev', device)
  const addresses = link!.addr_info
    .filter(({ scope }) => scope === 'global')
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
  const routes = await Promise.all(
    (['-4', '-6'] as const).map(async (family) => {
      const all = await ip<Route>(family, 'route', 'show', 'table', 'all', 'dev', device)
      const everything = family === '-4' ? '0.0.0.0/0' : '::/0'
      return all
        .filter(({ protocol }) => protocol !== 'kernel')
        .map(({ dst, table = 'main' }) => ({ range: dst === 'default' ? everything : dst, table }))
    }),
  )
  return {
    privateKey: own![0] === '(none)' ? undefined : own![0],
    port: said.port && Number(own![2]),
    mark: own![3] === 'off' ? 0 : Number(own![3]),
    mtu: said.mtu && link!.mtu,
    addresses: addresses.sort(),
    routes: routesIn(routes.flat(), addresses),
    peers: peers.map(peerOf).sort(byKey),
  }
}

interface Link {
  readonly mtu: number
  readonly addr_info: readonly {
    readonly local: string
    readonly prefixlen: number
    readonly scope: string
  }[]
}

interface Route {
  readonly dst: string
  readonly table?: string
  readonly protocol?: string
}

function routesIn(
  routes: readonly { readonly range: string; readonly table: string }[],
  own: readonly string[],
) {
  const networks = own.map((text) => networkOf(parseIpPrefix(text)!))
  return distinct(
    routes
      .map(({ range, table }) => ({ range: networkOf(parseIpPrefix(range)!), table }))
      .filter(
        ({ range, table }) => table !== 'main' || !networks.some((network) => liesWithin(range, network)),
      )
      .map(({ range, table }) => `${range.text} ${table}`),
  )
}

/** A line of `wg show DEVICE dump`. */
function peerOf([key, presharedKey, endpoint, allowed, , , , keepalive]: readonly string[]): PeerEffect {
  return {
    key: key!,
    presharedKey: presharedKey === '(none)' ? undefined : presharedKey,
    endpoint: endpoint === '(none)' ? undefined : endpoint,
    keepalive: keepalive === 'off' ? 0 : Number(keepalive),
    allowed: allowed === '(none)' ? [] : distinct(allowed!.split(',')),
  }
}

function networkText({ address, bits }: IpPrefix): string {
  return `${networkOf({ address, bits: address.length * 8 }).text.split('/')[0]}/${bits}`
}

function byKey(a: PeerEffect, b: PeerEffect): number {
  return a.key < b.key ? -1 : 1
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}
