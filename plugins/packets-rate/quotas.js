// @ts-check
import { firstFor, numberOf } from './rates.js'

/** Bytes of a unit. IEC 80000-13 */
const UNITS = new Map([
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
  ['TiB', 2 ** 40],
])
/** Bytes: what a number counts exactly. */
const MOST = 2 ** 50
/** Peers whose bytes are counted: more than a tunnel has, and as many as storage holds. */
export const MOST_COUNTED = 8_192
/** Milliseconds from a change to its being given to storage, which writes it 1 s later. */
const STORE_DELAY = 5_000
/** What it is stored under. */
const KEY = 'used'

/**
 * @typedef {object} Quota
 * @property {'in' | 'out' | undefined} direction As this end sees it; both together if absent.
 * @property {number} bytes Of a month.
 * @property {string | undefined} peer Its name, or its id; each peer has its own if absent.
 *
 * @typedef {{ in: number, out: number }} Used Bytes.
 * @typedef {import('qanat').PluginStorage} PluginStorage
 * @typedef {import('qanat').Clock} Clock
 */

/**
 * Reads `[in|out] BYTES [peer NAME]`, such as `100GiB peer laptop`.
 *
 * @param {string} text
 * @returns {Quota}
 * @throws Error that says what is wrong and what is allowed.
 */
export function parseQuota(text) {
  const words = text.trim().split(/\s+/)
  const direction = words[0] === 'in' || words[0] === 'out' ? words.shift() : undefined
  const bytes = numberOf(words.shift(), UNITS)
  if (!(bytes > 0 && bytes <= MOST)) throw wrong(text, 'it must be within 1MiB to 1024TiB')
  const peer = words[0] === 'peer' ? words.splice(0).slice(1).join(' ') : undefined
  if (peer === '') throw wrong(text, "behind 'peer' there is no name")
  if (words.length > 0) throw wrong(text, `'${words[0]}' is not expected there; the order is bytes, peer`)
  return { direction: /** @type {Quota['direction']} */ (direction), bytes, peer }
}

/** Counts what each peer sends and gets in a month of UTC, and keeps that over starts of the tunnel. */
export class QuotaBook {
  #quotas
  #storage
  #clock
  #month
  /** @type {Map<string, Used>} By the peer's id. */
  #used
  /** @type {import('qanat').Timer | undefined} */
  #timer

  /**
   * @param {readonly Quota[]} quotas The first that is about a peer and a way counts.
   * @param {{ storage: PluginStorage, clock: Clock }} context
   */
  constructor(quotas, { storage, clock }) {
    this.#quotas = quotas
    this.#storage = storage
    this.#clock = clock
    const { month, used } = JSON.parse(storage.getText(KEY) ?? '{"month":"","used":{}}')
    this.#month = month
    this.#used = new Map(Object.entries(used))
  }

  /** @type {(peer: import('qanat').HookPeer, direction: 'in' | 'out') => Quota | undefined} What a peer may use that way. */
  quotaOf(peer, direction) {
    return firstFor(this.#quotas, peer, direction)
  }

  /**
   * Counts a packet, if the peer has bytes of its quota left for it.
   *
   * @type {(quota: Quota, peer: import('qanat').HookPeer, direction: 'in' | 'out', bytes: number) => boolean}
   */
  takes(quota, peer, direction, bytes) {
    const used = this.#usedBy(peer.id)
    const sum = quota.direction === undefined ? used.in + used.out : used[direction]
    if (sum + bytes > quota.bytes) return false
    used[direction] += bytes
    this.#timer ??= this.#clock.schedule(STORE_DELAY, () => this.store())
    return true
  }

  /** Gives what was used to storage. */
  store() {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#storage.set(KEY, JSON.stringify({ month: this.#month, used: Object.fromEntries(this.#used) }))
  }

  /** Begins a new month if one has begun. A clock that goes back, as one that was wrong does, gives nobody a quota anew. */
  turn() {
    const month = new Date(this.#clock.wall()).toISOString().slice(0, 'YYYY-MM'.length)
    if (month <= this.#month) return
    this.#month = month
    this.#used.clear()
  }

  /** @type {(id: string) => Used} */
  #usedBy(id) {
    const known = this.#used.get(id)
    if (known !== undefined) return known
    if (this.#used.size >= MOST_COUNTED)
      for (const oldest of this.#used.keys()) {
        this.#used.delete(oldest)
        break
      }
    const used = { in: 0, out: 0 }
    this.#used.set(id, used)
    return used
  }
}

/** @type {(text: string, why: string) => Error} */
function wrong(text, why) {
  return new Error(`Cannot read the quota '${text}': ${why}`)
}
