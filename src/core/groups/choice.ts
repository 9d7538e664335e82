import type { Peer } from '../peers/peers.js'
import type { ChoiceName } from '../settings/group-settings.js'

/** How the members of a group are ranked. */
export interface Choice {
  /** In the order in which they are called. */
  ranked(members: readonly Peer[]): readonly Peer[]
}

/** @param ownId tells this client from others, in all its runs, such as by its public key. */
export function choiceOf(name: ChoiceName, ownId: () => string): Choice {
  if (name === 'order') return { ranked: (members) => members }
  const id = ownId()
  return { ranked: (members) => drawn(members, id) }
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
