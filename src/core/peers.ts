import type { PeerId } from './cipher.js'
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

/** The peers of a tunnel and who owns which inner address. */
export interface Peers {
  get(id: PeerId): Peer | undefined
  /** The peer that the packet's address at `offset`, of `length` bytes, belongs to. */
  owner(packet: Uint8Array, offset: number, length: number): Peer | undefined
  [Symbol.iterator](): Iterator<Peer>
}

/** One peer that owns every address. */
export class SolePeer implements Peers {
  readonly #peer: Peer

  constructor(peer: Peer) {
    this.#peer = peer
  }

  get(id: PeerId): Peer | undefined {
    return id === this.#peer.id ? this.#peer : undefined
  }

  owner(): Peer {
    return this.#peer
  }

  *[Symbol.iterator](): Iterator<Peer> {
    yield this.#peer
  }
}
