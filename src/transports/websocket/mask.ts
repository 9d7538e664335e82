import { randomFillSync } from 'node:crypto'

/** Bytes of randomness fetched at a time; fetching each mask by itself would cost more than masking. */
const POOL_BYTES = 8192
/** RFC 6455 section 5.3 */
const MASK_BYTES = 4

const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/**
 * Fills in an unpredictable mask that is never zero: ws writes a message whose mask is zero from where it lies,
 * while every other one is masked into a copy, and ours are lent.
 */
export function generateMask(mask: Buffer): void {
  do {
    if (used === POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    pool.copy(mask, 0, used, used + MASK_BYTES)
    used += MASK_BYTES
  } while (mask.readUInt32LE(0) === 0)
}
