import type { Sessions } from '../api/cipher.js'
import type { Logger } from '../api/logger.js'
import type { Packet } from '../api/packet.js'
import type { Link, TraitsOf } from '../api/transport.js'
import type { TunDevice } from '../api/tun-device.js'
import { PeerPath } from '../path-mtu/peer-path.js'
import { SizeGate } from '../path-mtu/size-gate.js'
import type { Peer, Peers } from '../peers/peers.js'
import type { Clock } from '../time/clock.js'
import { NarrowedStreams } from './narrowed-streams.js'

/** Streams of others that are looked at whenever routes change: each takes some calls of the kernel. */
export const MAX_AT_ONCE = 256

/** What the paths of a tunnel's peers are made of. */
export interface PeerPathsParts {
  readonly tun: TunDevice
  readonly cipher: { readonly sessions?: Sessions }
  readonly peers: Peers
  /** Bytes of the largest packet of the TUN device, at first. */
  readonly mtu: number
  readonly clock: Clock
  readonly log: Logger
  /** How the transports of links behave; nothing is known of them if absent. */
  readonly traits?: TraitsOf | undefined
  /** Routes to peers are to be followed, or carry more or less than before. */
  readonly routesDiffer?: (() => void) | undefined
}

/** Keeps packets within what the paths to their peers carry. A peer has a path as soon as there is something to find out. */
export class PeerPaths {
  readonly #parts: PeerPathsParts
  readonly #run: (work: (now: number) => void) => void
  readonly #gate: SizeGate
  readonly #streams: NarrowedStreams
  /** How often the host's routes changed. */
  #routes = 0

  /**
   * @param run Does some work on parts of the tunnel.
   * @param end Closes a link that the far end is to open anew.
   */
  constructor(parts: PeerPathsParts, run: (work: (now: number) => void) => void, end: (link: Link) => void) {
    this.#parts = parts
    this.#run = run
    this.#gate = new SizeGate(parts.tun, parts.mtu)
    this.#streams = new NarrowedStreams({ clock: parts.clock, run, end, follow: parts.routesDiffer })
  }

  /**
   * The host's routes changed. Peers that this end dials are looked at now, and the first of those that opened streams, the
   * others when they are next sent to.
   */
  routesChanged(now: number): void {
    this.#routes++
    let accepted = 0
    for (const peer of this.#parts.peers) {
      const { chooser, link, path } = peer
      if (chooser !== undefined) path?.heed(this.#routes, now)
      if (link?.hasNarrowed === undefined) continue
      if (chooser !== undefined || accepted++ < MAX_AT_ONCE) {
        this.#streams.heed(peer, link, this.#routes, now)
      }
    }
  }

  /** The largest packet of the TUN device has so many bytes from now on. */
  resize(mtu: number, now: number): void {
    this.#gate.deviceMtu = mtu
    for (const { path } of this.#parts.peers) path?.resize(mtu, now)
  }

  /** A peer has another link from now on, which may be one that it opened. */
  came(link: Link, now: number): void {
    this.#streams.came(link, now)
  }

  /** A peer has another link, by which nothing was sent yet. */
  follow(peer: Peer, link: Link, now: number): void {
    this.came(link, now)
    this.#pathBy(peer, link)?.follow(link, now)
    this.#parts.routesDiffer?.()
  }

  /**
   * Bytes of the largest packet that a route to any peer carries; Infinity if one carries any. Undefined while there
   * is a link to none.
   */
  get routeMtu(): number | undefined {
    let largest: number | undefined
    for (const { link, path } of this.#parts.peers) {
      // One that was never sent to is not looked up before it is.
      if (link === undefined || (path === undefined && link.routeLimit !== undefined)) continue
      largest = Math.max(largest ?? 0, path?.routeMtu ?? Number.POSITIVE_INFINITY)
    }
    return largest
  }

  /** Whether this host tells what the route to any peer carries. */
  get knowsRoutes(): boolean {
    for (const { link, path } of this.#parts.peers) {
      if (link?.hasNarrowed !== undefined || Number.isFinite(path?.routeMtu)) return true
    }
    return false
  }

  /**
   * Takes out of a batch what is too large for the peer, and tells the host.
   *
   * @returns bytes that the others' datagrams may have.
   */
  fit(peer: Peer, link: Link, batch: Packet[], now: number): number {
    const path = this.#pathBy(peer, link)
    path?.follow(link, now)
    path?.heed(this.#routes, now)
    if (link.hasNarrowed !== undefined) this.#streams.heed(peer, link, this.#routes, now)
    let fitting = 0
    for (const packet of batch) if (this.#gate.lets(packet, path, now)) batch[fitting++] = packet
    while (batch.length > fitting) {
      batch.pop()
      peer.drops.tooLarge++
    }
    if (path === undefined) return link.maxDatagram
    path.sent(batch, now)
    return Math.min(link.maxDatagram, path.maxDatagram)
  }

  /** Lowers the size of segments that a connection by the peer may use, if a packet of the peer's opens one. */
  clamp(peer: Peer, packet: Packet): void {
    this.#gate.clamp(packet, peer.path)
  }

  /** Idempotent. Nothing is probed any more. */
  stop(): void {
    this.#streams.stop()
    for (const peer of this.#parts.peers) peer.path?.stop()
  }

  #pathBy(peer: Peer, link: Link): PeerPath | undefined {
    return peer.path ?? (link.sendUnfragmented === undefined ? undefined : this.#newPath(peer))
  }

  #newPath(peer: Peer): PeerPath | undefined {
    const { cipher, clock, log, routesDiffer, traits } = this.#parts
    const mtu = this.#gate.deviceMtu
    const { sessions } = cipher
    if (sessions !== undefined) {
      peer.path = new PeerPath({
        ...{ peer: peer.id, sessions, mtu, clock, log, traits },
        run: this.#run,
        routeChanged: routesDiffer,
      })
    }
    return peer.path
  }
}
