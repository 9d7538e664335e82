import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { bareHost } from '../../core/ip/bare-host.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { liesWithin } from '../../core/ip/ip-network.js'
import { hasHost } from '../carriers/has-host.js'
import { connectedTo } from '../carriers/proxy-before.js'

/**
 * The addresses that a tunnel itself sends to, as far as they are known: of endpoints, or of the proxies before them. One
 * that another peer owns may be reached by the tunnel, and with a mark of the user's own, so may all.
 */
export function carrierAddresses(
  { host, peers, transports }: Pick<TunnelConfig, 'host' | 'peers' | 'transports'>,
  traits: TraitsOf,
  known: ReadonlyMap<string, readonly string[]> = new Map(),
): Uint8Array[] {
  const { fullTunnel, mark = 0 } = host ?? {}
  if (mark !== 0 && fullTunnel?.ipv4 !== true && fullTunnel?.ipv6 !== true) return []
  return peers.flatMap((peer) =>
    peer.endpoints
      .flatMap((endpoint) => connectedTo(endpoint, transports?.proxy, traits))
      .flatMap((dialled) => (hasHost(dialled, traits) ? [dialled.hostname] : []))
      .flatMap((name) => [bareHost(name), ...(known.get(name) ?? [])])
      .map(parseIpAddress)
      .filter((address) => address !== undefined)
      .filter((address) => isFor(peer, ownerOf(address, peers))),
  )
}

/** Whether it is the peer that owns an address, or the peers stand for each other. */
function isFor(peer: PeerConfig, owner: PeerConfig | undefined): boolean {
  return owner === peer || (owner?.group !== undefined && owner.group.name === peer.group?.name)
}

/** The peer that has the narrowest range that holds an address; the first one if nobody has one. */
function ownerOf(address: Uint8Array, peers: readonly PeerConfig[]): PeerConfig | undefined {
  const within = { address, bits: address.length * 8 }
  const owned = peers.flatMap((peer) =>
    peer.allowed.filter((range) => liesWithin(within, range)).map(({ bits }) => ({ peer, bits })),
  )
  return owned.sort((one, other) => other.bits - one.bits)[0]?.peer
}
