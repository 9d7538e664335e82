import type { UapiDevice, UapiPeer } from '../../control/uapi/device.js'
import type { Cipher } from '../../core/api/cipher.js'
import type { PeerConfig, TunnelConfig } from '../../core/api/config.js'
import type { TraitsOf } from '../../core/api/transport.js'
import type { Peers } from '../../core/peers/peers.js'
import type { Clock } from '../../core/time/clock.js'
import { udpPortOf } from '../carriers/udp-ports.js'
import { endpointAddress } from './endpoint-address.js'

/** What a tunnel is seen by. */
export interface DeviceSource {
  readonly config: TunnelConfig
  readonly cipher: Pick<Cipher, 'sessions'>
  readonly peers: Peers
  readonly clock: Clock
  readonly traits: TraitsOf
  /** Where this end listens, with the ports in use. */
  readonly listen: readonly URL[]
  /** The mark of the carrier's packets; 0: none. */
  readonly mark: number
}

/** A tunnel as WireGuard's tools see it. */
export function deviceOf({ cipher, clock, config, listen, mark, peers, traits }: DeviceSource): UapiDevice {
  const start = clock.wall() - clock.now()
  return {
    privateKey: config.privateKey,
    listenPort: udpPortOf(listen),
    mark,
    peers: config.peers.map((peer) => peerOf(peer, { cipher, peers, traits }, start)),
  }
}

function peerOf(
  { allowed, endpoints, id, keepalive = 0, presharedKey }: PeerConfig,
  { cipher, peers, traits }: Pick<DeviceSource, 'cipher' | 'peers' | 'traits'>,
  start: number,
): UapiPeer {
  const peer = peers.get(id)
  const handshake = cipher.sessions?.handshake?.(id)
  return {
    publicKey: id,
    presharedKey,
    endpoint: endpointAddress(peer ?? { chooser: undefined, link: undefined }, endpoints, traits),
    lastHandshake: handshake === undefined ? undefined : start + handshake.at,
    ...(cipher.sessions?.carried?.(id) ?? { sent: 0, received: 0 }),
    keepalive,
    allowed: peer?.group === undefined || peer.group.active === peer ? allowed : [],
  }
}
