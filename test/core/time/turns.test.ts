import { expect, it } from 'vitest'
import { Turns } from '../../../src/core/time/turns.js'

it('come one after another, also after one that fails, and each has its own outcome', async () => {
  const turns = new Turns()
  const told: string[] = []
  let finish = () => {}
  const first = turns.take(async () => {
    told.push('first begins')
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    told.push('first ends')
    return 1
  })
  const second = turns.take(async () => {
    told.push('second')
    throw new Error('no')
  })
  const third = turns.take(async () => told.push('third'))
  await Promise.resolve()
  expect(told).toEqual(['first begins'])
  finish()
  expect(await first).toBe(1)
  await expect(second).rejects.toThrow('no')
  await third
  expect(told).toEqual(['first begins', 'first ends', 'second', 'third'])
})

it('begin at once if nothing is under way', async () => {
  const turns = new Turns()
  await turns.take(async () => {})
  let began = false
  const work = turns.take(async () => {
    began = true
  })
  expect(began).toBe(true)
  await work
})
