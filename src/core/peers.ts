import type { PeerId } from './cipher.js'
import type { Link } from './transport.js'

/** Who is at the far end. Peers own links; links do not own peers. */
export class Peer {
  readonly id: PeerId
  /** The link in use now. */
  link: Link | undefined

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
