import type { PeerId } from './cipher.js'
import type { IpPrefix } from './ip-prefix.js'
import { PrefixTrie } from './prefix-trie.js'
import type { Link } from './transport.js'

/** Chooses the link of a peer whose endpoints are known here, and is told what happens on it. */
export interface LinkChooser {
  /** Packets were sent by the link in use. */
  sent(now: number): void
  /** Something authentic came by `link`, with answers to these probes. */
  heard(link: Link, echoes: readonly number[], now: number): void
  /** `link` ended. */
  closed(link: Link, error: Error | undefined): void
  /** Whether the peer may take itself to `link` by sending from there. */
  follows(link: Link): boolean
}

/** Who is at the far end. Peers own links; links do not own peers. */
export class Peer {
  readonly id: PeerId
  /** The link in use now. */
  link: Link | undefined
  /** Absent where this end waits for the peer: then the peer chooses, and its links are followed. */
  chooser: LinkChooser | undefined

  constructor(id: PeerId) {
    this.id = id
  }
}

/** The peers of a tunnel and who owns which inner address: the longest allowed prefix decides. */
export class Peers {
  readonly #byId = new Map<PeerId, Peer>()
  readonly #owners = new PrefixTrie<Peer>()

  /** Adds a peer that owns the addresses of these prefixes. A prefix that another peer had is its own now. */
  add(peer: Peer, allowed: readonly IpPrefix[]): void {
    this.#byId.set(peer.id, peer)
    for (const { address, bits } of allowed) this.#owners.insert(address, bits, peer)
  }

  get size(): number {
    return this.#byId.size
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
