import type { PeerId, Sessions } from '../api/cipher.js'
import { MIN_MTU } from '../api/config.js'
import type { Logger } from '../api/logger.js'
import type { Packet } from '../api/packet.js'
import { nextProbeId } from '../api/probe-id.js'
import type { Link, TraitsOf } from '../api/transport.js'
import { Alarm } from '../time/alarm.js'
import type { Clock } from '../time/clock.js'
import { AnswerLimit } from './answer-limit.js'
import { packetSize } from './packet-size.js'
import { PathSearch, type PathState, type Probe } from './path-search.js'

/** Bytes that a datagram takes beyond its own, unless its transport says: IPv6 and UDP. RFC 8200 section 3, RFC 768. */
export const OVERHEAD = 40 + 8
/** Paths of a peer whose search is remembered: so moving to a stream or to another network and back keeps it. */
const MAX_PATHS = 4
/** Probes whose answers are waited for. */
const MAX_PROBES = 64

/** What a peer's path is made of. */
export interface PeerPathParts {
  readonly peer: PeerId
  readonly sessions: Sessions
  /** Bytes of the largest packet of the TUN device, at first. */
  readonly mtu: number
  readonly clock: Clock
  readonly log: Logger
  readonly traits?: TraitsOf | undefined
  /** Does some work on parts of the tunnel. */
  readonly run: (work: (now: number) => void) => void
  /** The route to the peer carries more or less than before. */
  readonly routeChanged?: (() => void) | undefined
}

/** What `status` shows of a peer's path. */
export interface PathFacts {
  /** Bytes of the largest packet that reaches the peer whole. */
  readonly mtu: number
  /** Absent if there is nothing to search for: on streams, and where the path cannot be probed. */
  readonly state: PathState | undefined
}

/** How large packets to a peer may be: by its link of now, and by what was found out about the way there. */
export class PeerPath {
  /** Bytes of the largest packet that reaches the peer whole; Infinity while that is any of the TUN device's. */
  mtu = Number.POSITIVE_INFINITY
  /** Bytes that a datagram to the peer may have, by what is known; Infinity as above. */
  maxDatagram = Number.POSITIVE_INFINITY
  /** Bounds what the host is told about it: each peer's own, so that none uses up what others need. */
  readonly answers = new AnswerLimit()
  readonly #parts: PeerPathParts
  /** By the remote's host, the one used last at the end. */
  readonly #searches = new Map<string, PathSearch>()
  /** Probes that nothing answered yet, by id. */
  readonly #probes = new Map<number, { readonly search: PathSearch; readonly probe: Probe }>()
  readonly #alarm: Alarm
  /** The last change of the host's routes that is heeded. */
  #routes = 0
  #deviceMtu: number
  #link: Link | undefined
  #search: PathSearch | undefined
  /** Bytes of a datagram that this host's route to the peer carries. */
  #routeLimit = Number.POSITIVE_INFINITY

  constructor(parts: PeerPathParts) {
    this.#parts = parts
    this.#deviceMtu = parts.mtu
    this.#alarm = new Alarm(parts.clock, () => parts.run((now) => this.#probe(now)))
  }

  get facts(): PathFacts {
    return { mtu: Math.min(this.mtu, this.#deviceMtu), state: this.#search?.state }
  }

  /** The peer is sent to by this link. Costs nothing while it stays the same. */
  follow(link: Link, now: number): void {
    if (link === this.#link) return
    this.#link = link
    this.#askRoute()
    this.#search = this.#isSearched(link) ? this.#searchFor(link) : undefined
    this.#alarm.cancel()
    this.#apply()
    if (this.#search !== undefined) this.#alarm.set(this.#search.due, now)
  }

  /** Asks for the route to the peer anew, unless that was done since the change of the host's routes with this number. */
  heed(routes: number, now: number): void {
    if (routes === this.#routes) return
    this.#routes = routes
    if (this.#link === undefined) return
    this.#askRoute()
    this.#relimit(now)
  }

  /** The largest packet of the TUN device has so many bytes now. */
  resize(mtu: number, now: number): void {
    this.#deviceMtu = mtu
    if (this.#link !== undefined) this.#relimit(now)
  }

  /**
   * Bytes of the largest packet that this host's route to the peer carries, padded as the peer may pad its own; Infinity
   * while it carries any.
   */
  get routeMtu(): number {
    const { envelope, block = 1 } = this.#parts.sessions
    const bare = this.#routeLimit - envelope
    return Number.isFinite(bare) ? bare - (bare % block) : bare
  }

  /** Packets are being sent by the link that was followed last. */
  sent(packets: readonly Packet[], now: number): void {
    const search = this.#search
    if (search === undefined || now < search.idleUntil) return
    let largest = 0
    for (const packet of packets) largest = Math.max(largest, packetSize(packet))
    search.sent(largest + this.#parts.sessions.envelope, now)
    this.#alarm.set(search.due, now)
  }

  /** The peer answered these probes, among which may be others than ours. */
  onAuthenticated(probeReplies: readonly number[], now: number): void {
    for (const id of probeReplies) {
      const sent = this.#probes.get(id)
      if (sent === undefined) continue
      this.#probes.delete(id)
      sent.search.answered(sent.probe, now)
    }
    this.#apply()
    if (this.#search !== undefined) this.#alarm.set(this.#search.due, now)
  }

  /** Idempotent. Nothing is probed any more. */
  stop(): void {
    this.#alarm.cancel()
    this.#search = undefined
  }

  #relimit(now: number): void {
    this.#search?.limit(this.#maxDatagram)
    this.#apply()
    if (this.#search !== undefined) this.#alarm.set(this.#search.due, now)
  }

  #askRoute(): void {
    const before = this.#routeLimit
    this.#routeLimit = this.#link?.routeLimit?.() ?? Number.POSITIVE_INFINITY
    if (this.#routeLimit !== before) this.#parts.routeChanged?.()
  }

  /** Bytes of the largest datagram that this host can send to the peer. */
  get #maxDatagram(): number {
    return Math.min(this.#deviceMtu + this.#parts.sessions.envelope, this.#routeLimit)
  }

  #isSearched({ remote, sendUnfragmented }: Link): boolean {
    if (sendUnfragmented === undefined) return false
    const { traits } = this.#parts
    return traits === undefined || traits(new URL(remote).protocol).searchesPathMtu !== false
  }

  #searchFor(link: Link): PathSearch {
    const remote = new URL(link.remote)
    const host = remote.hostname
    const known = this.#searches.get(host)
    const search = known ?? new PathSearch(this.#baseTo(remote), this.#maxDatagram)
    known?.limit(this.#maxDatagram)
    this.#searches.delete(host)
    this.#searches.set(host, search)
    if (this.#searches.size > MAX_PATHS) {
      const [oldest] = this.#searches.keys()
      this.#searches.delete(oldest!)
    }
    return search
  }

  /**
   * Bytes of a datagram that every path is taken to carry: what IPv6 promises, less what the transport takes. RFC 8200
   * section 5; BASE_PLPMTU of RFC 8899 section 5.1.2.
   */
  #baseTo(remote: URL): number {
    return MIN_MTU - (this.#parts.traits?.(remote.protocol).overhead?.(remote) ?? OVERHEAD)
  }

  /** Sends the probes that are due. */
  #probe(now: number): void {
    const search = this.#search
    if (search === undefined) return
    while (search.due <= now) {
      for (const probe of search.probes(now)) if (!this.#try(search, probe, now)) break
    }
    this.#apply()
    this.#alarm.set(search.due, now)
  }

  /** Sends a probe. False if nothing more can be sent in this round. */
  #try(search: PathSearch, probe: Probe, now: number): boolean {
    const datagrams: Uint8Array[] = []
    for (let count = 0; count < (probe.batch ? 2 : 1); count++) {
      const id = nextProbeId()
      const datagram = this.#parts.sessions.probe(this.#parts.peer, id, now, probe.size)
      if (datagram === undefined) {
        search.cannotProbe(now)
        return false
      }
      datagrams.push(Uint8Array.from(datagram)) // the next one takes its memory
      this.#expect(id, search, probe)
    }
    if (this.#link!.sendUnfragmented!(datagrams)) return true
    search.refused(probe.size, now)
    return false
  }

  #expect(id: number, search: PathSearch, probe: Probe): void {
    this.#probes.set(id, { search, probe })
    if (this.#probes.size <= MAX_PROBES) return
    const [oldest] = this.#probes.keys()
    this.#probes.delete(oldest!)
  }

  /** Takes over what the search says. */
  #apply(): void {
    const { log, peer, sessions } = this.#parts
    const mtu = this.#deviceMtu
    const search = this.#search
    const before = this.mtu
    if (search?.batches === false) this.#disableGso(this.#link!)
    const size = Math.min(search?.size ?? Number.POSITIVE_INFINITY, this.#routeLimit)
    this.maxDatagram = size >= mtu + sessions.envelope ? Number.POSITIVE_INFINITY : size
    const { routeMtu } = this
    this.mtu = Math.min(
      this.maxDatagram - sessions.envelope,
      routeMtu < mtu ? routeMtu : Number.POSITIVE_INFINITY,
    )
    if (this.mtu === before) return
    log.info('path MTU changed', {
      peer,
      remote: this.#link!.remote,
      mtu: this.facts.mtu,
      before: Math.min(before, mtu),
    })
  }

  #disableGso(link: Link): void {
    if (link.gso === false) return
    link.gso = false
    const { log, peer } = this.#parts
    log.info('batches do not pass the path: sending datagrams one by one', { peer, remote: link.remote })
  }
}
