// @ts-check
import { firstFor } from './rates.js'
import { TokenBucket } from './token-bucket.js'

/** Peers of one way whose buckets are kept at a time: more than a tunnel has. */
export const MOST_BUCKETS = 65_536

/**
 * Lets each peer send and get what its rate and its quota allow, and drops what is beyond: it polices, and delays nothing.
 *
 * @typedef {import('qanat').Packet} Packet
 * @typedef {import('qanat').HookPeer} HookPeer
 * @typedef {import('qanat').HookResult} HookResult
 *
 * @typedef {object} OfPeer
 * @property {string | undefined} name The peer's when its rate was looked up: a reload may change it.
 * @property {import('./rates.js').Rate | undefined} rate
 * @property {TokenBucket | undefined} bucket None if nothing limits the peer.
 */
export class Limiter {
  drops = { exceeded: 0, quota: 0 }
  #rates
  #book
  #figures
  /** By the peer's id. */
  #buckets = {
    out: /** @type {Map<string, OfPeer>} */ (new Map()),
    in: /** @type {Map<string, OfPeer>} */ (new Map()),
  }

  /**
   * @param {readonly import('./rates.js').Rate[]} rates The first that is about a peer and a way counts.
   * @param {import('./quotas.js').QuotaBook} [book] Absent if nobody has a quota.
   * @param {Pick<import('qanat').FiguresHelper, 'add'>} [figures] Where `dropped` is told; nowhere if absent.
   */
  constructor(rates, book, figures) {
    this.#rates = rates
    this.#book = book
    this.#figures = figures
    /** @type {(packets: readonly Packet[], peer: HookPeer, now: number) => HookResult | undefined} */
    this.outgoing = (packets, peer, now) => this.#limit(packets, peer, now, 'out')
    /** @type {(packets: readonly Packet[], peer: HookPeer, now: number) => HookResult | undefined} */
    this.incoming = (packets, peer, now) => this.#limit(packets, peer, now, 'in')
  }

  /** The tunnel ended: what was used is stored. */
  close() {
    this.#book?.store()
  }

  /** @type {(packets: readonly Packet[], peer: HookPeer, now: number, direction: 'in' | 'out') => HookResult | undefined} */
  #limit(packets, peer, now, direction) {
    const bucket = this.#bucketOf(peer, now, direction)
    const book = this.#book
    if (bucket === undefined && book === undefined) return undefined
    book?.turn()
    const quota = book?.quotaOf(peer, direction)
    /** @type {Packet[]} */
    const passed = []
    let exceeded = 0
    let beyondQuota = 0
    for (const packet of packets) {
      const { length } = packet.bytes
      if (bucket !== undefined && !bucket.takes(length, now)) {
        this.drops.exceeded++
        exceeded += length
      } else if (quota !== undefined && book?.takes(quota, peer, direction, length) === false) {
        this.drops.quota++
        beyondQuota += length
      } else passed.push(packet)
    }
    if (exceeded > 0) this.#figures?.add('dropped', exceeded, { reason: 'exceeded', direction })
    if (beyondQuota > 0) this.#figures?.add('dropped', beyondQuota, { reason: 'quota', direction })
    return passed.length === packets.length ? undefined : { packets: passed }
  }

  /** @type {(peer: HookPeer, now: number, direction: 'in' | 'out') => TokenBucket | undefined} */
  #bucketOf({ id, name }, now, direction) {
    const buckets = this.#buckets[direction]
    const known = buckets.get(id)
    if (known !== undefined && known.name === name) return known.bucket
    if (known === undefined && buckets.size >= MOST_BUCKETS) forgetFull(buckets, now)
    const rate = firstFor(this.#rates, { id, name }, direction)
    // A new name alone is no new burst.
    const isSame = known !== undefined && known.rate === rate
    const bucket = isSame ? known.bucket : rate && new TokenBucket(rate, now)
    buckets.set(id, { name, rate, bucket })
    return bucket
  }
}

/**
 * Forgets those that limit nothing now, which are as good as new, or the oldest if there is none such.
 *
 * @type {(buckets: Map<string, OfPeer>, now: number) => void}
 */
function forgetFull(buckets, now) {
  for (const [id, { bucket }] of buckets) if (bucket === undefined || bucket.isFull(now)) buckets.delete(id)
  for (const id of buckets.keys()) {
    if (buckets.size < MOST_BUCKETS) return
    buckets.delete(id)
  }
}
