import { liesWithin, textOf } from '../ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../ip/ip-prefix.js'

/** What a client's host is connected to, besides the tunnel. */
export interface HostNetworks {
  /** What its interfaces reach with no gateway. */
  readonly connected: readonly IpPrefix[]
  /** Addresses of the gateways that it sends packets to. */
  readonly nextHops: readonly Uint8Array[]
  /** Addresses of the name servers that it asks of its own accord. */
  readonly nameServers: readonly Uint8Array[]
}

export const NO_NETWORKS: HostNetworks = { connected: [], nextHops: [], nameServers: [] }

/** Ranges that belong to no remote network, by what they are. RFC 6890 */
const SPECIAL = [
  ['127.0.0.0/8', 'loopback'],
  ['::1/128', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['fe80::/10', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['ff00::/8', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['0.0.0.0/8', 'unspecified'],
  ['::/128', 'unspecified'],
  ['::ffff:0:0/96', 'IPv4 in IPv6'],
].map(([text, kind]) => ({ range: parseIpPrefix(text!)!, kind: kind! }))

/** Why a range, or an address as one, must not be led into the tunnel of this host; undefined if it may be. */
export function conflictWith(host: HostNetworks, pushed: IpPrefix): string | undefined {
  const special = SPECIAL.find(({ range }) => liesWithin(pushed, range))
  if (special !== undefined) return `${pushed.text} is ${special.kind}`
  const network = host.connected.find((connected) => liesWithin(pushed, connected))
  if (network !== undefined) return `${pushed.text} is within ${network.text}, a network of this host`
  const nextHop = heldBy(pushed, host.nextHops)
  if (nextHop !== undefined) return `${pushed.text} holds ${textOf(nextHop)}, the next hop of this host`
  const server = heldBy(pushed, host.nameServers)
  if (server !== undefined) return `${pushed.text} holds ${textOf(server)}, a name server of this host`
  return undefined
}

function heldBy(range: IpPrefix, addresses: readonly Uint8Array[]): Uint8Array | undefined {
  return addresses.find((address) => liesWithin({ address, bits: address.length * 8 }, range))
}
