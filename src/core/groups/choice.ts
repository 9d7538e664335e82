import type { Peer } from '../peers/peers.js'
import type { ChoiceName } from '../settings/group-settings.js'

/** A member is nearer than another one if its round trip is shorter by both this share and this many milliseconds. */
const NEARER_SHARE = 0.2
const NEARER_MS = 5

/** How the members of a group are ranked. */
export interface Choice {
  /** In the order in which they are called. */
  ranked(members: readonly Peer[]): readonly Peer[]
  /**
   * Whether a member that answers is nearer than the active one, by so much that a move is worth it. Absent if round trips do not
   * matter, so that nobody is called to measure one.
   */
  isNearer?(member: Peer, active: Peer): boolean
}

/** By round trip; those that were never measured come last, in the order of the file. */
const NEAREST: Choice = {
  ranked: (members) => members.toSorted((a, b) => measured(a) - measured(b)),
  isNearer: (member, active) => {
    const [one, other] = [measured(member), measured(active)]
    return other - one >= NEARER_MS && one <= other * (1 - NEARER_SHARE)
  },
}

/** @param ownId tells this client from others, in all its runs, such as by its public key. */
export function choiceOf(name: ChoiceName, ownId: () => string): Choice {
  if (name === 'nearest') return NEAREST
  if (name === 'order') return { ranked: (members) => members }
  const id = ownId()
  return { ranked: (members) => drawn(members, id) }
}

/** Milliseconds. */
function measured({ roundTrip }: Peer): number {
  return roundTrip.milliseconds ?? Number.MAX_VALUE
}

/**
 * By the highest draw of client and member (rendezvous hashing, Thaler and Ravishankar 1998): clients spread evenly, and one that
 * loses its member has another one than its neighbours. Whoever comes or goes moves no client but those that draw it.
 */
function drawn(members: readonly Peer[], ownId: string): readonly Peer[] {
  const draws = new Map(members.map((member) => [member, draw(`${ownId} ${member.id}`)]))
  return members.toSorted((a, b) => draws.get(b)! - draws.get(a)! || (a.id < b.id ? -1 : 1))
}

/** 32 bits that stay the same over versions and machines: FNV-1a, mixed as MurmurHash3 ends. */
function draw(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
