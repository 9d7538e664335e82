/** Set to 1 for the full number of rounds: `npm run long -- properties`. */
const isFull = process.env.QANAT_FUZZ === '1'

/** Rounds of a test that may run long: `bounded` in `npm test`, `full` in `npm run long`. */
export function rounds(bounded: number, full: number): number {
  return isFull ? full : bounded
}

/** Milliseconds that a test of so many rounds may take. */
export const FUZZ_TIMEOUT = isFull ? 1_800_000 : 60_000

/** Where chance starts, so that a failure can be had again: set QANAT_FUZZ_SEED to what the failure shows. */
export const SEED = Number(process.env.QANAT_FUZZ_SEED ?? Date.now() % 2 ** 32)
