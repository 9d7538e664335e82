// @ts-check
import { words } from './flow-table.js'

/** Packets whose fragments are known at a time. */
export const MOST_FRAGMENTED = 4_096
/** Milliseconds for which later fragments may follow the first. What Linux has: net.ipv4.ipfrag_time */
export const FRAGMENT_LIFETIME = 30_000

/** Remembers which first fragments passed: those that follow hold no ports. */
export class FragmentTable {
  /** @type {Map<string, number>} When each is forgotten, the oldest first. */
  #passed = new Map()

  /**
   * The first fragment of a packet passed.
   *
   * @type {(key: string, now: number) => void}
   */
  add(key, now) {
    this.#passed.delete(key)
    if (this.#passed.size >= MOST_FRAGMENTED) {
      for (const oldest of this.#passed.keys()) {
        this.#passed.delete(oldest)
        break
      }
    }
    this.#passed.set(key, now + FRAGMENT_LIFETIME)
  }

  /**
   * Whether the first fragment of a later one's packet passed.
   *
   * @type {(key: string, now: number) => boolean}
   */
  knows(key, now) {
    const until = this.#passed.get(key)
    return until !== undefined && now < until
  }
}

/**
 * What fragments of one packet have in common, of one way and one peer. RFC 791 section 3.2, RFC 8200 section 4.5; the protocol
 * of a later IPv6 fragment may be that of another header.
 *
 * @type {(facts: import('./packet-facts.js').Facts, peer: string) => string}
 */
export function fragmentKey({ bytes, direction, headers }, peer) {
  const { addressBytes, destination, identification, protocol, source, version } = headers
  const number = version === 4 ? protocol : 0
  const id = String.fromCharCode(number, identification >>> 16, identification & 0xffff)
  return `${direction}${peer} ${id}${words(bytes, source, addressBytes)}${words(bytes, destination, addressBytes)}`
}
