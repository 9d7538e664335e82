import { getEventListeners } from 'node:events'
import { VirtualClock } from 'qanat/testing'
import { describe, expect, it } from 'vitest'
import { firstOf } from './first-of.js'

/** Attempts that a test settles. */
function attempts() {
  const clock = new VirtualClock()
  const begun = new Map<string, PromiseWithResolvers & { stop: AbortSignal }>()
  const discarded: string[] = []
  const stop = new AbortController()
  const found = firstOf(['a', 'b', 'c'], {
    clock,
    stop: stop.signal,
    attempt(server, signal) {
      const attempt = withResolvers()
      begun.set(server, { ...attempt, stop: signal })
      const callOff = () => attempt.reject(new Error(`${server} was called off`))
      signal.addEventListener('abort', callOff)
      if (signal.aborted) callOff()
      return attempt.promise
    },
    discard: (made: string) => discarded.push(made),
  })
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { begun, clock, discarded, found, settle, stop }
}

interface PromiseWithResolvers {
  readonly promise: Promise<string>
  readonly resolve: (made: string) => void
  readonly reject: (why: Error) => void
}

function withResolvers(): PromiseWithResolvers {
  let [resolve, reject]: [PromiseWithResolvers['resolve'], PromiseWithResolvers['reject']] = [
    () => {},
    () => {},
  ]
  const promise = new Promise<string>((res, rej) => {
    resolve = res
    reject = rej
  })
  return { promise, resolve, reject }
}

describe('the first of some servers that answers', () => {
  it('is looked for beside one that is silent, which is called off then', async () => {
    const { begun, clock, found } = attempts()
    clock.advance(499)
    expect([...begun.keys()]).toEqual(['a'])
    clock.advance(1)
    expect([...begun.keys()]).toEqual(['a', 'b'])
    begun.get('b')!.resolve('B')
    expect(await found).toBe('B')
    expect(begun.get('a')!.stop.aborted).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('comes at once after one that failed, and what failed is told in the order of the servers', async () => {
    const { begun, clock, found, settle } = attempts()
    clock.advance(500)
    begun.get('b')!.reject(new Error('neither'))
    await settle()
    begun.get('c')!.reject(new Error('nor'))
    await settle()
    begun.get('a')!.reject(new Error('no'))
    await expect(found).rejects.toMatchObject({
      errors: [{ message: 'no' }, { message: 'neither' }, { message: 'nor' }],
    })
    expect(clock.pending).toBe(0)
  })

  it('counts alone: another one that answers at the same moment is discarded', async () => {
    const { begun, clock, discarded, found, settle } = attempts()
    clock.advance(500)
    begun.get('a')!.resolve('A')
    begun.get('b')!.resolve('B')
    expect(await found).toBe('A')
    await settle()
    expect(discarded).toEqual(['B'])
  })

  it('leaves nothing with the signal that calls it off, found or not', async () => {
    for (const isFound of [true, false]) {
      const { begun, clock, found, stop } = attempts()
      clock.advance(1_000)
      expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1)
      for (const { reject, resolve } of begun.values()) isFound ? resolve('made') : reject(new Error('no'))
      await found.catch(() => {})
      expect(getEventListeners(stop.signal, 'abort')).toEqual([])
    }
  })

  it('is not looked for any more once that is called off', async () => {
    const { clock, found, stop } = attempts()
    stop.abort()
    await expect(found).rejects.toBeInstanceOf(AggregateError)
    expect(clock.pending).toBe(0)
  })
})
