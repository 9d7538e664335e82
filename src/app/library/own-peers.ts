import type { PeerConfiguration } from '../../config/schema/configuration.js'
import { SOLE_PEER } from '../../core/api/config.js'
import { ConfigError } from '../../core/api/errors.js'

/**
 * The peers of a tunnel, which come, change and go while it runs or before it starts. What is done here holds until a
 * reload, whose configuration has all of the peers; one without those that came here takes them away again.
 */
export interface TunnelPeers {
  /**
   * Takes in a peer, and connects to it if it has endpoints, which is not waited for.
   *
   * @param peer as in the configuration.
   * @throws QanatError if it is wrong, is there already, or cannot be had; then all is as before.
   * @example
   * await tunnel.peers.add({ name: 'phone', publicKey, allowedIps: ['10.20.0.3/32'] })
   */
  add(peer: PeerConfiguration): Promise<void>
  /**
   * Changes some keys of a peer. It keeps its session, and its link unless its endpoints change.
   *
   * @param peer its name or its public key.
   * @param changes what is other than before; what is undefined is taken away.
   * @throws QanatError if there is no such peer, or it cannot be so; then all is as before.
   * @example
   * await tunnel.peers.change('phone', { allowedIps: ['10.20.0.3/32', '10.20.1.0/24'] })
   */
  change(peer: string, changes: PeerConfiguration): Promise<void>
  /**
   * Lets a peer go: its session and its links end.
   *
   * @param peer its name or its public key.
   * @throws QanatError if there is no such peer, or the cipher cannot do without it; then all is as before.
   * @example
   * await tunnel.peers.remove('phone')
   */
  remove(peer: string): Promise<void>
}

/** The peers of a tunnel, of which `change` makes another list, in its turn. */
export function ownPeers(
  change: (next: (peers: readonly PeerConfiguration[]) => PeerConfiguration[]) => Promise<void>,
): TunnelPeers {
  return {
    add: (peer) => change((peers) => [...peers, peer]),
    change: (peer, changes) =>
      change((peers) => {
        const index = indexOf(peer, peers)
        return peers.with(index, { ...peers[index], ...changes })
      }),
    remove: (peer) => change((peers) => peers.toSpliced(indexOf(peer, peers), 1)),
  }
}

/**
 * Where in a list the peer of that public key is, or of that name.
 *
 * @throws ConfigError if it is not there.
 */
function indexOf(peer: string, peers: readonly PeerConfiguration[]): number {
  const index = peers.findIndex(({ publicKey = SOLE_PEER }) => publicKey === peer)
  const found = index >= 0 ? index : peers.findIndex(({ name }) => name === peer)
  if (found >= 0) return found
  throw noSuchPeer(peer)
}

/** No peer has that name or key. A private key may stand there by mistake, so it is not shown. */
export function noSuchPeer(peer: string): ConfigError {
  const shown = peer.length === KEY_LENGTH ? 'of that public key' : `'${peer}'`
  return new ConfigError(`Cannot find the peer ${shown}: none is configured`, { code: 'ERR_CONFIG_VALUE' })
}

/** Characters of a key in base64. */
const KEY_LENGTH = 44
