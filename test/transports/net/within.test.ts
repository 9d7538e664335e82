import { expect, it } from 'vitest'
import { Turns } from '../../../src/core/time/turns.js'
import { inTurn, unlessAborted } from '../../../src/transports/net/within.js'

it('begins no work if the signal is aborted already', async () => {
  let begun = 0
  const work = async () => {
    begun++
    throw new Error('the work failed')
  }
  await expect(unlessAborted(AbortSignal.abort(new Error('late')), work)).rejects.toThrow('late')
  expect(begun).toBe(0)
})

// A rejection without a handler fails the run.
it('forgets work that fails once it was called off', async () => {
  const controller = new AbortController()
  let fail!: (error: Error) => void
  const work = new Promise<never>((_, reject) => {
    fail = reject
  })
  const waiting = unlessAborted(controller.signal, () => work)
  controller.abort(new Error('late'))
  fail(new Error('the work failed'))
  await expect(waiting).rejects.toThrow('late')
})

const works: readonly [how: string, work: () => Promise<string>, outcome: string][] = [
  ['resolves', async () => 'done', 'done'],
  ['rejects', () => Promise.reject(new Error('no')), 'no'],
  [
    'throws',
    () => {
      throw new Error('at once')
    },
    'at once',
  ],
]

it.each(works)('passes on what work %s with', async (_how, work, outcome) => {
  const { signal } = new AbortController()
  expect(await unlessAborted(signal, work).catch(({ message }) => message)).toBe(outcome)
})

it('lets go of a turn that nobody waits for any longer, at once, and does no work in it', async () => {
  const turns = new Turns()
  const { signal } = new AbortController()
  const told: string[] = []
  let finish = () => {}
  const first = inTurn(turns, signal, async () => {
    told.push('first')
    await new Promise<void>((resolve) => {
      finish = resolve
    })
  })
  const leaving = new AbortController()
  const second = inTurn(turns, leaving.signal, async () => told.push('second'))
  const third = inTurn(turns, signal, async () => told.push('third'))
  leaving.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  expect(told).toEqual(['first'])
  finish()
  await first
  await third
  expect(told).toEqual(['first', 'third'])
})
