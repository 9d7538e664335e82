import type { PeerId } from '../api/cipher.js'
import type { Link } from '../api/transport.js'
import type { IpPrefix } from '../ip/ip-prefix.js'
import { PrefixTrie } from '../ip/prefix-trie.js'
import type { PeerPath } from '../path-mtu/peer-path.js'
import type { ToldReason } from '../reasons/reason.js'
import type { ClientSettings } from '../settings/client-settings.js'
import type { PeerGroup } from './peer-group.js'
import { Presence, type PresenceChange } from './presence.js'
import { RoundTrip } from './round-trip.js'
import { newTraffic } from './traffic.js'

/** Chooses the link of a peer whose endpoints are known here, and is told what happens on it. */
export interface LinkChooser {
  /** The endpoint in use. */
  readonly endpoint: URL | undefined
  /** Milliseconds after which links to that endpoint are cut, as far as that is known: they are renewed before. */
  readonly cutAfter?: number | undefined
  /** Packets were sent by the link in use. */
  sent(now: number): void
  /** Something authentic came by `link`, with answers to these probes. */
  onAuthenticated(link: Link, probeReplies: readonly number[], now: number): void
  /** `link` ended. */
  closed(link: Link, error: Error | undefined): void
  /** When the endpoint is tried next, in the time of the clock, as far as that is known. */
  nextAttempt(endpoint: URL): number | undefined
  /** Whether the peer may take itself to `link` by sending from there. */
  follows(link: Link): boolean
  /** The route of `link` carries less than before: whether another one is opened while it goes on. Else it is closed. */
  renews(link: Link): boolean
}

/** What is waited for in order to reach a peer. */
export interface Connecting {
  readonly endpoint: URL
  /** The step of a dial, such as `tls`, or `handshake`. */
  readonly name: string
  /** Since when, in the time of the clock. */
  readonly since: number
}

/** How the last attempt to reach a peer by one of its endpoints failed. */
export interface FailedAttempt {
  readonly at: number
  readonly reason: ToldReason
}

/** What may happen to the way to a peer: it is there, it is another one, it is no more. */
export type PeerLinkChange = 'reached' | 'moved' | 'lost'

/** Who is at the far end. Peers own links; links do not own peers. */
export class Peer {
  readonly id: PeerId
  /** What the configuration calls it. */
  name: string | undefined
  /** Whether several processes have its key, each at endpoints of its own. */
  sharedIdentity = false
  /** The link in use now. */
  link: Link | undefined
  /** Absent if this end waits for the peer: then the peer chooses, and its links are followed. */
  chooser: LinkChooser | undefined
  /** What is known of the way to it; absent while there is nothing to find out. */
  path: PeerPath | undefined
  /** The group that it is a member of; undefined if it owns its addresses by itself. */
  group: PeerGroup | undefined
  /** Takes what the peer pushes to this end; absent if nothing is taken. */
  pushed: ((settings: ClientSettings) => void) | undefined
  /** What went through, inside the tunnel. */
  readonly traffic = newTraffic()
  /** Packets to and from the peer that the pump dropped, by cause. */
  readonly drops = {
    linkless: 0,
    congested: 0,
    foreignSource: 0,
    isolated: 0,
    malformed: 0,
    tooLarge: 0,
    /** By packet hooks. */
    hooked: 0,
  }
  readonly roundTrip = new RoundTrip()
  /** Whether it is there; nothing is known of that if the cipher proves nothing. */
  readonly presence: Presence
  /** Where the peer is reached; undefined while it is not. */
  remote: string | undefined
  /** Why it is reached there, or why it is not. */
  why = 'nothing came from it yet'
  /** Since when. */
  since: number | undefined
  /** What attempts to reach it wait for, the one that went on last at the end. */
  readonly #attempts = new Map<object, Connecting>()
  /** By endpoint how the last attempt failed; without those that answered since. */
  readonly failed = new Map<URL, FailedAttempt>()
  readonly #onPeerEvent: (change: PeerLinkChange, peer: Peer) => void

  /**
   * @param onPeerEvent is told when the peer is reached, moves or is lost; by then `remote` and `why` say how.
   * @param onPresence is told when it comes online and when it goes offline.
   */
  constructor(
    id: PeerId,
    onPeerEvent: (change: PeerLinkChange, peer: Peer) => void = () => {},
    onPresence: (change: PresenceChange, peer: Peer, now: number) => void = () => {},
  ) {
    this.id = id
    this.#onPeerEvent = onPeerEvent
    this.presence = new Presence((change, now) => onPresence(change, this, now))
  }

  /** What an attempt to reach it waits for, of several the one that went on last; undefined if there is none. */
  get connecting(): Connecting | undefined {
    return this.attempts.at(-1)
  }

  /** The same of all attempts under way, in the order in which they went on. */
  get attempts(): readonly Connecting[] {
    return [...this.#attempts.values()]
  }

  /** An attempt goes on to wait for `step`; undefined: it is over. */
  attemptWaits(attempt: object, step: Connecting | undefined): void {
    this.#attempts.delete(attempt)
    if (step !== undefined) this.#attempts.set(attempt, step)
  }

  /** An attempt to reach it by one of its endpoints failed. */
  attemptFailed(endpoint: URL, reason: ToldReason, now: number): void {
    this.failed.set(endpoint, { reason, at: now })
    if (this.remote === undefined) this.why = reason.text
  }

  /** The peer answers at an endpoint: what was wrong there is over. */
  attemptSucceeded(endpoint: URL): void {
    this.failed.delete(endpoint)
  }

  /** The peer proved to be where `link` leads, as far as its cipher proves anything. */
  reachedBy(link: Link, why: string, now: number): void {
    const change = this.remote === undefined ? 'reached' : 'moved'
    if (this.remote === link.remote) return
    this.#change(change, link.remote, why, now)
  }

  /** The peer is reached no longer. */
  lost(why: string, now: number): void {
    if (this.remote !== undefined) this.#change('lost', undefined, why, now)
  }

  /** Why it is not reached yet, or again. */
  isNotReached(why: string): void {
    if (this.remote === undefined) this.why = why
  }

  #change(change: PeerLinkChange, remote: string | undefined, why: string, now: number): void {
    this.remote = remote
    this.why = why
    this.since = now
    this.#onPeerEvent(change, this)
  }
}

/** The peers of a tunnel and who owns which inner address: the longest allowed prefix decides. */
export class Peers {
  readonly #byId = new Map<PeerId, Peer>()
  readonly #allowed = new Map<Peer, readonly IpPrefix[]>()
  readonly #owners = new PrefixTrie<Peer>()

  /** Adds a peer that owns the addresses of these prefixes. A prefix that another peer had is its own now. */
  add(peer: Peer, allowed: readonly IpPrefix[]): void {
    this.#byId.set(peer.id, peer)
    this.own(peer, allowed)
  }

  /** Removes a peer; its addresses belong to nobody, or to the owner of a shorter prefix of theirs. */
  remove(peer: Peer): void {
    this.own(peer, [])
    this.#byId.delete(peer.id)
  }

  /** Lets a peer own the addresses of these prefixes, and of no others. */
  own(peer: Peer, allowed: readonly IpPrefix[]): void {
    for (const { address, bits } of this.#allowed.get(peer) ?? []) {
      const owner = this.#owners.remove(address, bits)
      if (owner !== undefined && owner !== peer) this.#owners.insert(address, bits, owner)
    }
    if (allowed.length === 0) this.#allowed.delete(peer)
    else this.#allowed.set(peer, allowed)
    for (const { address, bits } of allowed) this.#owners.insert(address, bits, peer)
  }

  get size(): number {
    return this.#byId.size
  }

  /** Whether nobody else is there but those that stand by for the peer. */
  isAlone({ group }: Peer): boolean {
    return this.#byId.size === (group?.members.length ?? 1)
  }

  get(id: PeerId): Peer | undefined {
    return this.#byId.get(id)
  }

  /** The peer that the packet's address at `offset`, of `length` bytes, belongs to. */
  owner(packet: Uint8Array, offset: number, length: 4 | 16): Peer | undefined {
    return this.#owners.lookup(packet, offset, length)
  }

  [Symbol.iterator](): Iterator<Peer> {
    return this.#byId.values()
  }
}
