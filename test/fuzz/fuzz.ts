import { inspect } from 'node:util'
import { Chance } from '../support/fuzz/chance.js'
import type { FuzzParser } from '../support/fuzz/fuzz-parser.js'

/** Milliseconds that a round may wait for a parser that has to settle. */
const PATIENCE = 30_000

/** What came of fuzzing without a finding. */
export interface FuzzResult {
  readonly rounds: number
  /** Milliseconds that the slowest round took. */
  readonly slowest: number
}

/**
 * Has a parser read what chance makes, round by round, while `goesOn` says so.
 *
 * @param seed where chance starts: round N of seed S is round 0 of seed S + N, but for what the rounds share.
 * @throws Error the first finding, with what repeats it.
 */
export async function fuzz(
  parser: FuzzParser,
  seed: number,
  goesOn: (round: number) => boolean,
): Promise<FuzzResult> {
  const { name, start } = parser
  const rounds = await start()
  let [round, slowest] = [0, 0]
  try {
    for (; goesOn(round); round++) {
      const begin = performance.now()
      const pending = rounds.round(new Chance(seed + round))
      if (pending !== undefined) await inTime(pending)
      slowest = Math.max(slowest, performance.now() - begin)
    }
  } catch (thrown) {
    const repeat = `npm run fuzz -- ${name} --seed ${seed + round} --rounds 1`
    throw new Error(`${name}, round ${round} of seed ${seed}: ${inspect(thrown)}\n${repeat}`, {
      cause: thrown,
    })
  } finally {
    await rounds.close?.()
  }
  return { rounds: round, slowest }
}

async function inTime(pending: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it does not settle in ${PATIENCE / 1000} s`)), PATIENCE)
  })
  await Promise.race([pending, late]).finally(() => clearTimeout(timer))
}
