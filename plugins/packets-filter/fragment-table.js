// @ts-check
import { words } from './flow-table.js'

/** Packets of one peer and one way whose fragments are known at a time. */
export const MOST_FRAGMENTED = 1_024
/** Milliseconds for which later fragments may follow the first. What Linux has: net.ipv4.ipfrag_time */
export const FRAGMENT_LIFETIME = 30_000

/**
 * @typedef {object} Passed
 * @property {number} until When it is forgotten.
 * @property {number} end Bytes of the whole that the first fragment held.
 *
 * @typedef {object} OfPeer
 * @property {Map<string, Passed>} passed The oldest first.
 * @property {number} until When the last of them is forgotten.
 */

/** Remembers which first fragments passed one way: those that follow hold no ports. No peer takes room of another. */
export class FragmentTable {
  /** @type {Map<string, OfPeer>} By the peer's id; the one whose fragments are all forgotten first comes first. */
  #peers = new Map()

  /**
   * Takes in a first fragment that is to pass. False if it overlaps one that did, and so must not: of IPv6. RFC 5722
   *
   * Identifications of IPv4 come round sooner than fragments are forgotten, so there it passes.
   *
   * @type {(facts: import('./packet-facts.js').Facts, peer: string, now: number) => boolean}
   */
  add(facts, peer, now) {
    const { bytes, headers } = facts
    const key = fragmentKey(facts)
    const passed = this.#peers.get(peer)?.passed ?? new Map()
    const known = passed.get(key)
    const isKnown = known !== undefined && now < known.until
    if (isKnown && headers.version === 6) return false
    passed.delete(key)
    if (passed.size >= MOST_FRAGMENTED) {
      for (const oldest of passed.keys()) {
        passed.delete(oldest)
        break
      }
    }
    const until = now + FRAGMENT_LIFETIME
    const end = bytes.length - headers.fragmentable
    passed.set(key, { until, end: isKnown ? Math.max(end, known.end) : end })
    this.#forget(now)
    this.#peers.delete(peer)
    this.#peers.set(peer, { passed, until })
    return true
  }

  /**
   * Whether the first fragment of a later one's packet passed, and the later one does not overlap it: it would write
   * over headers that were looked at.
   *
   * @type {(facts: import('./packet-facts.js').Facts, peer: string, now: number) => boolean}
   */
  follows(facts, peer, now) {
    const first = this.#peers.get(peer)?.passed.get(fragmentKey(facts))
    return first !== undefined && now < first.until && facts.headers.fragmentOffset >= first.end
  }

  /**
   * Forgets the peers of which nothing is known any more.
   *
   * @type {(now: number) => void}
   */
  #forget(now) {
    for (const [peer, { until }] of this.#peers) {
      if (now < until) return
      this.#peers.delete(peer)
    }
  }
}

/**
 * What fragments of one packet have in common, of one way and one peer. RFC 791 section 3.2, RFC 8200 section 4.5; the protocol
 * of a later IPv6 fragment may be that of another header.
 *
 * @type {(facts: import('./packet-facts.js').Facts) => string}
 */
function fragmentKey({ bytes, headers }) {
  const { addressBytes, destination, identification, protocol, source, version } = headers
  const number = version === 4 ? protocol : 0
  const id = String.fromCharCode(number, identification >>> 16, identification & 0xffff)
  return id + words(bytes, source, addressBytes) + words(bytes, destination, addressBytes)
}
