import { expect, it } from 'vitest'
import { fuzz } from './fuzz.js'
import { PARSERS } from './parsers/parsers.js'
import { FUZZ_TIMEOUT, SEED } from './rounds.js'

it.each(PARSERS)(
  '$name: bears what chance makes of what it reads',
  async (parser) => {
    const { rounds } = await fuzz(parser, SEED, (round) => round < parser.share)
    expect(rounds).toBe(parser.share)
  },
  FUZZ_TIMEOUT,
)
