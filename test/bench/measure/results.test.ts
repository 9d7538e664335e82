import { expect, it } from 'vitest'
import { mediansOf, ratiosOf } from '../../../bench/measure/results.js'

it('takes the median of each figure over the runs that have it', () => {
  expect(mediansOf([{ tcp: 1, memory: 5 }, { tcp: 3 }, { tcp: 2 }])).toEqual({ tcp: 2, memory: 5 })
  expect(mediansOf([])).toEqual({})
})

it('takes ratios where both have the figure', () => {
  expect(ratiosOf({ tcp: 6, cpu: 1 }, { tcp: 2, idle50: 3 })).toEqual({ tcp: 3 })
})
