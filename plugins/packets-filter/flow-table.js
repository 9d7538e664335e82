// @ts-check
import { get16 } from './packet-facts.js'

/** Flows that are known at a time: those that this end began, and as many that peers began. */
export const MOST_FLOWS = 65_536

/**
 * Milliseconds for which a flow is known while nothing passes, by protocol: RFC 5382 (REQ-5), RFC 4787 (REQ-5), RFC 5508
 * (REQ-1).
 */
const LIFETIMES = new Map([
  [6, 7_440_000],
  [17, 300_000],
  [1, 60_000],
  [58, 60_000],
])
const OTHER_LIFETIME = 600_000
/** The same of a TCP connection that ends: RFC 5382 (REQ-5). */
const ENDING_LIFETIME = 240_000
/** Flows that are looked at to find the one that goes for a new one. */
const LOOKED_AT = 8

/**
 * @typedef {object} Flow
 * @property {string} peer The peer's id.
 * @property {number} until When it is forgotten if nothing passes.
 * @property {number} lifetime
 * @property {boolean} used Whether something passed since it was last looked at to make room.
 */

/** Remembers flows, so that answers to what one side may begin pass as well. */
export class FlowTable {
  /** @type {Map<string, Flow>} The first is the one that was longest not looked at. */
  #flows = new Map()

  /**
   * Whether a packet belongs to a flow with the peer, which is known for longer then.
   *
   * @type {(key: string, peer: string, facts: import('./packet-facts.js').Facts, now: number) => boolean}
   */
  knows(key, peer, { begins, ends, headers }, now) {
    const flow = this.#flows.get(key)
    if (flow === undefined || flow.peer !== peer) return false
    if (now >= flow.until) {
      this.#flows.delete(key)
      return false
    }
    if (ends) flow.lifetime = ENDING_LIFETIME
    else if (begins) flow.lifetime = lifetimeOf(headers.protocol) // the same ports may be used again
    flow.until = now + flow.lifetime
    flow.used = true
    return true
  }

  /**
   * Takes in a flow. If there is no room, one that is over goes for it, or one that was not used of late.
   *
   * @type {(key: string, peer: string, protocol: number, now: number) => void}
   */
  add(key, peer, protocol, now) {
    this.#flows.delete(key)
    if (this.#flows.size >= MOST_FLOWS) this.#makeRoom(now)
    const lifetime = lifetimeOf(protocol)
    this.#flows.set(key, { peer, lifetime, until: now + lifetime, used: false })
  }

  /** @type {(now: number) => void} */
  #makeRoom(now) {
    let looks = 0
    for (const [key, flow] of this.#flows) {
      this.#flows.delete(key)
      if (!flow.used || now >= flow.until || ++looks > LOOKED_AT) return
      flow.used = false
      this.#flows.set(key, flow)
    }
  }
}

/** @type {(protocol: number) => number} */
function lifetimeOf(protocol) {
  return LIFETIMES.get(protocol) ?? OTHER_LIFETIME
}

/**
 * What names a flow, whichever way a packet of it goes: its protocol, and address and port of either end, this one's first.
 * The hash of a text is V8's, whose seed nobody outside knows.
 *
 * @type {(facts: import('./packet-facts.js').Facts) => string}
 */
export function flowKey({ bytes, destinationPort, direction, headers, sourcePort }) {
  const { addressBytes, destination, protocol, source } = headers
  const isOut = direction === 'out'
  const own = isOut ? source : destination
  const far = isOut ? destination : source
  const ownPort = isOut ? sourcePort : destinationPort
  const farPort = isOut ? destinationPort : sourcePort
  const addresses = words(bytes, own, addressBytes) + words(bytes, far, addressBytes)
  return String.fromCharCode(protocol, ownPort, farPort) + addresses
}

/** @type {(bytes: Uint8Array, at: number, length: 4 | 16) => string} */
export function words(bytes, at, length) {
  if (length === 4) return String.fromCharCode(get16(bytes, at), get16(bytes, at + 2))
  return words(bytes, at, 4) + words(bytes, at + 4, 4) + words(bytes, at + 8, 4) + words(bytes, at + 12, 4)
}
