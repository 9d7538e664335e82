import { randomFillSync } from 'node:crypto'
import { createRequire } from 'node:module'
import { bufferOf, offsetOf } from '../../../core/bytes/views.js'

/** The package's own fallback serves if its prebuilt binary does not load. */
const native = createRequire(import.meta.url)('bufferutil') as {
  mask(source: Uint8Array, mask: Uint8Array, target: Uint8Array, offset: number, length: number): void
  unmask(bytes: Uint8Array, mask: Uint8Array): void
}

/** Masks fetched at a time; fetching each by itself would cost more than masking. */
const POOL_MASKS = 2048
/** Bytes. To call the native code costs 0.1 µs, as much as to mask twice as many here. */
const WORTH_A_CALL = 192

const pool = new Int32Array(POOL_MASKS)
let used = POOL_MASKS

/** A mask for the native code, as a number and as bytes. Numbers are little-endian wherever Node runs. */
const number = new Int32Array(1)
const bytes = Buffer.from(number.buffer)

/** The memory that was unmasked last, and its view: each link has the same. */
let seen: Uint8Array | undefined
let view: DataView = new DataView(new ArrayBuffer(0))

/**
 * An unpredictable mask as a number, of which the low byte goes first. It is never zero: ws writes a message whose mask is zero from
 * where it lies, while every other one is masked into a copy, and ours are lent. RFC 6455 section 5.3
 */
export function nextMask(): number {
  for (;;) {
    if (used === POOL_MASKS) {
      randomFillSync(pool)
      used = 0
    }
    const mask = pool[used++]!
    if (mask !== 0) return mask
  }
}

/** Fills in such a mask. */
export function generateMask(mask: Buffer): void {
  mask.writeInt32LE(nextMask())
}

/** Copies a payload and masks the copy, which lies in `target`, of which `numbers` is a view, from `at` on. */
export function copyMasked(
  payload: Uint8Array,
  mask: number,
  target: Uint8Array,
  numbers: DataView,
  at: number,
): void {
  const { length } = payload
  if (length < WORTH_A_CALL) {
    target.set(payload, at)
    maskWords(numbers, at, length, mask)
    return
  }
  number[0] = mask
  native.mask(payload, bytes, target, at, length)
}

/** Unmasks a payload where it lies: `payload`, `at` in `memory` and right behind its mask. */
export function unmaskBehind(memory: Uint8Array, at: number, payload: Uint8Array): void {
  if (memory !== seen) {
    seen = memory
    view = new DataView(bufferOf(memory), offsetOf(memory), memory.length)
  }
  const mask = view.getInt32(at - 4, true)
  if (payload.length < WORTH_A_CALL) {
    maskWords(view, at, payload.length, mask)
    return
  }
  number[0] = mask
  native.unmask(payload, bytes)
}

function maskWords(numbers: DataView, from: number, length: number, mask: number): void {
  let at = from
  const end = from + length
  for (; at + 4 <= end; at += 4) numbers.setInt32(at, numbers.getInt32(at, true) ^ mask, true)
  for (let rest = mask; at < end; at++, rest >>>= 8) numbers.setUint8(at, numbers.getUint8(at) ^ rest)
}
