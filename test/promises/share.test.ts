import { describe, expect, it } from 'vitest'
import { promises } from './rows/promises.js'
import { shareOf } from './share.js'

const mutants = promises.flatMap((promise) => promise.mutants)

describe('a share of the mutants', () => {
  it('is the same for a seed, another one for another, and has no mutant twice', () => {
    const share = shareOf(mutants, 20, 'a')
    expect(shareOf(mutants, 20, 'a')).toEqual(share)
    expect(shareOf(mutants, 20, 'b')).not.toEqual(share)
    expect(new Set(share).size).toBe(20)
  })

  it('is all of them if they are fewer', () => {
    expect(new Set(shareOf(mutants, mutants.length + 1, 'a'))).toEqual(new Set(mutants))
  })
})
