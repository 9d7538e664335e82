// @ts-check

/** Bits of a unit. IEC 80000-13 */
const BITS = new Map([
  ['kbit', 1e3],
  ['Mbit', 1e6],
  ['Gbit', 1e9],
])
/** Bytes of a unit. */
const BYTES = new Map([
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
])
/** Bits per second: what a number holds well, and one packet of the least MTU in a second. */
const RATE = { min: 10_000, max: 100e9 }
/** Bytes: a packet of any size fits, and what a number holds well. */
const BURST = { min: 65_535, max: 2 ** 30 }
/** The part of a second's bytes that may come at once unless a rate says otherwise. */
const BURST_SHARE = 0.1

/**
 * @typedef {object} Rate
 * @property {'in' | 'out' | undefined} direction As this end sees it; both, each with its own, if absent.
 * @property {number} perMillisecond Bytes.
 * @property {number} burst Bytes that may come at once.
 * @property {string | undefined} peer Its name, or its id; each peer has its own if absent.
 */

/**
 * Reads `[in|out] RATE [burst BYTES] [peer NAME]`, such as `out 20Mbit burst 256KiB peer laptop`.
 *
 * @param {string} text
 * @returns {Rate}
 * @throws Error that says what is wrong and what is allowed.
 */
export function parseRate(text) {
  const words = text.trim().split(/\s+/)
  const direction = words[0] === 'in' || words[0] === 'out' ? words.shift() : undefined
  const bits = numberOf(words.shift(), BITS)
  if (!(bits >= RATE.min && bits <= RATE.max)) throw wrong(text, 'the rate must be within 10kbit to 100Gbit')
  const bytes = bits / 8
  let burst = Math.max(BURST.min, Math.round(bytes * BURST_SHARE))
  if (words[0] === 'burst') {
    burst = numberOf(words.splice(0, 2)[1], BYTES)
    if (!(burst >= BURST.min && burst <= BURST.max))
      throw wrong(text, 'the burst must be within 64KiB to 1024MiB')
  }
  const peer = words[0] === 'peer' ? words.splice(0).slice(1).join(' ') : undefined
  if (peer === '') throw wrong(text, "behind 'peer' there is no name")
  if (words.length > 0)
    throw wrong(text, `'${words[0]}' is not expected there; the order is rate, burst, peer`)
  return {
    direction: /** @type {Rate['direction']} */ (direction),
    perMillisecond: bytes / 1_000,
    burst,
    peer,
  }
}

/**
 * The first rate or quota that is about a peer and a way.
 *
 * @template {{ direction: 'in' | 'out' | undefined, peer: string | undefined }} One
 * @param {readonly One[]} list
 * @param {Pick<import('qanat').HookPeer, 'id' | 'name'>} peer
 * @param {'in' | 'out'} direction
 * @returns {One | undefined}
 */
export function firstFor(list, { id, name }, direction) {
  return list.find(
    (one) =>
      (one.direction ?? direction) === direction &&
      (one.peer === undefined || one.peer === name || one.peer === id),
  )
}

/** @type {(word: string | undefined, units: ReadonlyMap<string, number>) => number} */
export function numberOf(word, units) {
  const [, digits, unit = ''] = /^(\d{1,9})([A-Za-z]+)$/.exec(word ?? '') ?? []
  return Number(digits) * (units.get(unit) ?? Number.NaN)
}

/** @type {(text: string, why: string) => Error} */
function wrong(text, why) {
  return new Error(`Cannot read the rate '${text}': ${why}`)
}
