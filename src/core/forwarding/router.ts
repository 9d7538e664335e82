import { ipLayout } from '../ip/ip-packet.js'
import type { Peer, Peers } from '../peers/peers.js'

/** What a router drops, by cause. */
interface Drops {
  malformed: number
  unroutable: number
  foreignSource: number
  isolated: number
}

/** Decides by a packet's addresses which peer it goes to, and whether a peer may send it. Drops and counts the rest. */
export class Router {
  /**
   * Whether peers are kept apart: what one owns as source and another as destination is dropped. Otherwise the host
   * gets it, and forwards it or does not; there is no shorter way.
   */
  isolates = false
  readonly #peers: Peers
  readonly #drops: Drops

  constructor(peers: Peers, drops: Drops) {
    this.#peers = peers
    this.#drops = drops
  }

  /** The peer that a packet of the host's goes to. */
  destination(packet: Uint8Array): Peer | undefined {
    const layout = ipLayout(packet)
    if (layout === undefined) {
      this.#drops.malformed++
      return undefined
    }
    const { source, destination, addressBytes } = layout
    const peer = this.#peers.owner(packet, destination, addressBytes)
    if (peer === undefined) {
      this.#drops.unroutable++
      return undefined
    }
    if (!this.isolates) return peer
    // A host that translates addresses could send back what was not let through on its way in.
    const sender = this.#peers.owner(packet, source, addressBytes)
    return sender === undefined || sender === peer ? peer : this.#isolate(sender)
  }

  /** Whether the host may have a packet that came from a peer. */
  admits(peer: Peer, packet: Uint8Array, now: number): boolean {
    const layout = ipLayout(packet)
    if (layout === undefined) {
      this.#drops.malformed++
      peer.drops.malformed++
      return false
    }
    const { source, destination, addressBytes } = layout
    const sender = this.#peers.owner(packet, source, addressBytes)
    if (sender !== peer && !standsFor(peer, sender, now)) {
      this.#drops.foreignSource++
      peer.drops.foreignSource++
      return false
    }
    if (!this.isolates) return true
    const owner = this.#peers.owner(packet, destination, addressBytes)
    if (owner === undefined || owner === peer || standsFor(peer, owner, now)) return true
    this.#isolate(peer)
    return false
  }

  #isolate(sender: Peer): undefined {
    this.#drops.isolated++
    sender.drops.isolated++
    return undefined
  }
}

/** Whether a peer owned until a moment ago what another member of its group owns now. */
function standsFor(peer: Peer, owner: Peer | undefined, now: number): boolean {
  return owner?.group?.admits(peer, now) === true
}
