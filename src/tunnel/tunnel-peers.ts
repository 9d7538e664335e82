import type { Cipher } from '../core/cipher.js'
import type { Clock } from '../core/clock.js'
import { MIN_MTU, type PeerConfig } from '../core/config.js'
import { Connector } from '../core/connector.js'
import type { FirstSender } from '../core/first-sender.js'
import type { Logger } from '../core/logger.js'
import { packetOf } from '../core/packet.js'
import { Peer, type Peers } from '../core/peers.js'
import type { Pump } from '../core/pump.js'
import type { TransportSet } from '../transport-set.js'

/** An empty packet is what a keepalive carries. */
const KEEPALIVE = packetOf(new Uint8Array(0))

/** What the peers of a tunnel share. */
export interface TunnelPeersParts {
  readonly peers: Peers
  readonly pump: Pump
  readonly cipher: Cipher
  readonly firstSender: FirstSender
  readonly transports: TransportSet
  readonly clock: Clock
  readonly log: Logger
}

/** Owns the peers of a running tunnel: what they own inside, and how they are reached. */
export class TunnelPeers {
  readonly #parts: TunnelPeersParts
  readonly #connectors = new Map<Peer, Connector>()

  constructor(parts: TunnelPeersParts) {
    this.#parts = parts
  }

  /**
   * Adds a peer that the cipher knows and, where it has endpoints, connects to it. Resolves once there is a link,
   * proven or not, or every endpoint was tried.
   *
   * @throws TransportError where no endpoint could even be tried.
   */
  async add({ id, allowed, endpoints }: PeerConfig): Promise<void> {
    const peer = new Peer(id)
    this.#parts.peers.add(peer, allowed)
    if (endpoints.length > 0) await this.#connect(peer, endpoints)
  }

  /** Resolves once all links that were dialled are closed. */
  async stop(): Promise<void> {
    await Promise.all([...this.#connectors.values()].map((connector) => connector.stop()))
  }

  #connect(peer: Peer, endpoints: readonly URL[]): Promise<void> {
    const { cipher, clock, firstSender, log, pump, transports } = this.#parts
    const { sessions } = cipher
    const connector = new Connector({
      peer,
      endpoints,
      dial: (endpoint, abort) => transports.get(endpoint.protocol).dial(endpoint, pump, abort),
      sessions,
      keepalive: (now) => (sessions === undefined ? [] : cipher.seal(peer.id, [KEEPALIVE], MIN_MTU, now)),
      use: (link) => {
        peer.link = link
        if (link !== undefined) firstSender.fix(link)
        pump.resume()
      },
      run: (work) => pump.run(work),
      clock,
      log,
      random: Math.random,
    })
    peer.chooser = connector
    this.#connectors.set(peer, connector)
    return connector.start()
  }
}
