import type { UapiDevice, UapiPeer } from '../../control/uapi/device.js'
import type { Cipher } from '../../core/api/cipher.js'
import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import type { Peers } from '../../core/peers/peers.js'
import type { Clock } from '../../core/time/clock.js'
import { udpPortOf } from '../carriers/udp-ports.js'
import { endpointAddress } from './endpoint-address.js'

/** What a tunnel is seen by. */
export interface DeviceSource {
  readonly config: TunnelConfig
  readonly cipher: Cipher
  readonly peers: Peers
  readonly clock: Clock
  /** Where this end listens, with the ports in use. */
  readonly listen: readonly URL[]
  /** The mark of the carrier's packets; 0: none. */
  readonly mark: number
}

/** A tunnel as WireGuard's tools see it. */
export function deviceOf({ cipher, clock, config, listen, mark, peers }: DeviceSource): UapiDevice {
  const start = clock.wall() - clock.now()
  return {
    privateKey: config.privateKey,
    listenPort: udpPortOf(listen),
    mark,
    peers: config.peers.map((peer) => peerOf(peer, peers, cipher, start)),
  }
}

function peerOf(
  { allowed, endpoints, id, keepalive = 0, presharedKey }: PeerConfig,
  peers: Peers,
  cipher: Cipher,
  start: number,
): UapiPeer {
  const peer = peers.get(id)
  const handshake = cipher.sessions?.handshake?.(id)
  return {
    publicKey: id,
    presharedKey,
    endpoint: endpointAddress(peer ?? { chooser: undefined, link: undefined }, endpoints),
    lastHandshake: handshake === undefined ? undefined : start + handshake.at,
    ...(cipher.sessions?.carried?.(id) ?? { sent: 0, received: 0 }),
    keepalive,
    allowed,
  }
}
