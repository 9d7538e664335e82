import { expect, it } from 'vitest'
import { calmly, REPEATS, type Readings, readingsOf, StealWatch } from '../../../bench/measure/steal.js'

/** Measures what is listed, one after the other, and counts. */
function measuring(...all: readonly Readings[]) {
  const said: string[] = []
  let taken = 0
  const measure = async () => all[Math.min(taken++, all.length - 1)]!
  const result = calmly(measure, (line) => said.push(line))
  return result.then((readings) => ({ readings, taken, said }))
}

it('measures once where little is stolen', async () => {
  const { readings, taken, said } = await measuring({ tcp: { value: 7, stolen: 0.02 } })
  expect([readings, taken, said]).toEqual([{ tcp: { value: 7, stolen: 0.02 } }, 1, []])
})

it('measures again what had more than 2 % stolen, and says so', async () => {
  const { readings, taken, said } = await measuring(
    { tcp: { value: 1, stolen: 0.021 } },
    { tcp: { value: 5, stolen: 0 } },
  )
  expect([readings, taken]).toEqual([{ tcp: { value: 5, stolen: 0 } }, 2])
  expect(said).toEqual(['  2.1 % stolen: measured again, 1 of 3'])
})

it('keeps what counted at first while it repeats the rest', async () => {
  const { readings, taken } = await measuring(
    { first: { value: 1, stolen: 0 }, steady: { value: 2, stolen: 0.5 } },
    { first: { value: 10, stolen: 0.4 }, steady: { value: 20, stolen: 0.01 } },
  )
  expect([readings, taken]).toEqual([
    { first: { value: 1, stolen: 0 }, steady: { value: 20, stolen: 0.01 } },
    2,
  ])
})

it('repeats three times, then keeps what least was stolen of', async () => {
  const shares = [0.3, 0.1, 0.2, 0.4, 0]
  const { readings, taken } = await measuring(
    ...shares.map((stolen) => ({ tcp: { value: 1 + stolen, stolen } })),
  )
  expect(taken).toBe(1 + REPEATS)
  expect(readings).toEqual({ tcp: { value: 1.1, stolen: 0.1 } })
})

it('adds what failed before', async () => {
  const { readings } = await measuring(
    { idle50: { value: 1, stolen: 0.3 } },
    { warm50: { value: 2, stolen: 0 } },
  )
  expect(readings).toEqual({ idle50: { value: 1, stolen: 0.3 }, warm50: { value: 2, stolen: 0 } })
})

it('counts what was stolen since the last look', () => {
  const stats = [0, 10, 10].map((steal, at) => `cpu  ${100 * at} 0 0 0 0 0 0 ${steal} 0 0\n`)
  const watch = new StealWatch(() => stats.shift()!)
  expect(watch.look()).toBeCloseTo(10 / 110)
  expect(watch.look()).toBe(0)
})

it('leaves out what is no number', () => {
  expect(readingsOf({ tcp: Number.NaN, cpu: 1 }, 0.5)).toEqual({ cpu: { value: 1, stolen: 0.5 } })
})
