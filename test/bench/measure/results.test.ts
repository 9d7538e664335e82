import { expect, it } from 'vitest'
import type { Figures } from '../../../bench/measure/metrics.js'
import { type Run, ratiosOf, summaryOf } from '../../../bench/measure/results.js'
import { readingsOf } from '../../../bench/measure/steal.js'

const run = (round: number, figures: Figures, stolen = 0): Run => ({
  round,
  readings: readingsOf(figures, stolen),
})

it('takes the median and the extremes of each figure over the rounds that have it', () => {
  const runs = [run(1, { tcp: 1, memory: 5 }), run(2, { tcp: 9 }), run(3, { tcp: 2 })]
  expect(summaryOf(runs)).toEqual({
    median: { tcp: 2, memory: 5 },
    spread: { tcp: [1, 9], memory: [5, 5] },
    stolen: [],
  })
  expect(summaryOf([])).toEqual({ median: {}, spread: {}, stolen: [] })
})

it('counts a round as one, however often a figure was taken in it', () => {
  const runs = [run(1, { tcp: 1 }), run(1, { tcp: 3 }), run(1, { cpu: 4 }), run(2, { tcp: 8 })]
  expect(summaryOf(runs).median).toEqual({ tcp: 5, cpu: 4 })
})

it('leaves out what too much was stolen of, and marks it where there is nothing else', () => {
  const runs = [
    run(1, { tcp: 1, cpu: 1 }, 0.03),
    run(2, { tcp: 5 }),
    run(3, { tcp: 7 }),
    run(3, { tcp: 1 }, 0.5),
  ]
  expect(summaryOf(runs)).toEqual({
    median: { tcp: 6, cpu: 1 },
    spread: { tcp: [5, 7], cpu: [1, 1] },
    stolen: ['cpu'],
  })
})

it('takes ratios round by round, to the mean of the reference before and after', () => {
  const reference = [run(1, { tcp: 1 }), run(1, { tcp: 3 }), run(2, { tcp: 20 }), run(2, { tcp: 20 })]
  const own = [run(1, { tcp: 6, cpu: 1 }), run(2, { tcp: 20 }), run(3, { tcp: 1 })]
  expect(ratiosOf(own, reference)).toEqual({ median: { tcp: 2 }, spread: { tcp: [1, 3] }, stolen: [] })
})

it('marks a ratio to what too much was stolen of', () => {
  const { median, stolen } = ratiosOf([run(1, { tcp: 6 })], [run(1, { tcp: 2 }, 0.2)])
  expect([median, stolen]).toEqual([{ tcp: 3 }, ['tcp']])
  expect(ratiosOf([run(1, { tcp: 6 })], [run(1, { tcp: 0 })]).median).toEqual({})
})
