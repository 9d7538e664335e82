import { expect, it } from 'vitest'
import { WINDOW } from '../../src/ciphers/noise/session/replay-window.js'
import { checkAgainstModel } from '../support/ciphers/replay-model.js'
import { pseudoRandom } from '../support/netsim/simulation.js'
import { FUZZ_TIMEOUT, rounds, SEED } from './rounds.js'

/** Moves as a network makes them: mostly forwards by one, some late, some replayed, few jumps. */
function* moves(count: number, random: () => number): Iterable<number> {
  for (let step = 0; step < count; step++) {
    const kind = random()
    if (kind < 0.6) yield 1
    else if (kind < 0.8) yield -Math.floor(random() * 64)
    else if (kind < 0.97) yield -Math.floor(random() * (WINDOW + 64))
    else if (kind < 0.9999) yield Math.floor(random() * 200)
    else yield Math.floor(random() * 3 * WINDOW)
  }
}

it(
  'never accepts a counter twice and never refuses a fresh one in the window',
  () => {
    const steps = rounds(500_000, 10_000_000)
    expect(() => checkAgainstModel(moves(steps, pseudoRandom(SEED))), `seed ${SEED}`).not.toThrow()
  },
  FUZZ_TIMEOUT,
)
