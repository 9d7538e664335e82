import type { IpPrefix } from '../ip/ip-prefix.js'
import type { Peer, Peers } from './peers.js'

/** Milliseconds for which what a former active member sends is still admitted: it was under way, or the far end moves later. */
export const FORMER_FOR = 5_000

/** A move of a group from one member to another. */
export interface GroupMove {
  readonly group: PeerGroup
  readonly from: Peer
  readonly to: Peer
  readonly why: string
}

/** What a group is made of. */
export interface PeerGroupParts {
  readonly name: string
  readonly peers: Peers
  /** At least one, in the order of the configuration. */
  readonly members: readonly Peer[]
  /** The one that is active at first. */
  readonly active: Peer
  /** Since when, in the time of the clock. */
  readonly since: number
  /** What the group owns. */
  readonly allowed: readonly IpPrefix[]
  /** Is told of each move, last of all that is done about it. */
  readonly moved: (move: GroupMove, now: number) => void
}

/**
 * Peers that lead to the same addresses. The group owns these and lends them to its active member, so that a prefix has one
 * owner at any time; one that was active before may send for FORMER_FOR more.
 */
export class PeerGroup {
  readonly name: string
  readonly #peers: Peers
  readonly #moved: PeerGroupParts['moved']
  #members: readonly Peer[] = []
  #allowed: readonly IpPrefix[] = []
  #active: Peer
  /** Those that were active, and until when each is admitted. */
  readonly #former = new Map<Peer, number>()
  #since: number
  #moves = 0

  constructor({ active, allowed, members, moved, name, peers, since }: PeerGroupParts) {
    this.name = name
    this.#peers = peers
    this.#moved = moved
    this.#active = active
    this.#since = since
    this.become(members, allowed, since)
  }

  /** In the order of the configuration. */
  get members(): readonly Peer[] {
    return this.#members
  }

  /** The member that packets to the group's addresses go to. */
  get active(): Peer {
    return this.#active
  }

  /** Since when it is that. */
  get since(): number {
    return this.#since
  }

  /** How often another member became the active one. */
  get moves(): number {
    return this.#moves
  }

  /** Whether what a member sends may come from the group's addresses. */
  admits(member: Peer, now: number): boolean {
    return member === this.#active || now < (this.#former.get(member) ?? Number.NEGATIVE_INFINITY)
  }

  /** Lets another member be the active one: all addresses are its own from now on. Without effect if it is. */
  move(to: Peer, why: string, now: number): void {
    const from = this.#active
    if (to === from) return
    this.#peers.own(from, [])
    this.#peers.own(to, this.#allowed)
    this.#active = to
    this.#former.delete(to)
    this.#former.set(from, now + FORMER_FOR)
    this.#since = now
    this.#moves++
    this.#moved({ group: this, from, to, why }, now)
  }

  /** Has these members and addresses from now on. The active one stays, or is the first if it left; that is no move. */
  become(members: readonly Peer[], allowed: readonly IpPrefix[], now: number): void {
    for (const peer of this.#members) {
      if (members.includes(peer)) continue
      peer.group = undefined
      this.#former.delete(peer)
    }
    this.#peers.own(this.#active, [])
    if (!members.includes(this.#active)) {
      this.#active = members[0]!
      this.#since = now
    }
    this.#members = members
    this.#allowed = allowed
    for (const peer of members) peer.group = this
    this.#peers.own(this.#active, allowed)
  }

  /** There is no such group any more: its members own nothing until they are given something. */
  dissolve(): void {
    this.#peers.own(this.#active, [])
    for (const peer of this.#members) peer.group = undefined
    this.#members = []
  }
}
