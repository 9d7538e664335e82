import { getEventListeners } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { abortedWith } from '../../../src/core/time/aborted-with.js'

const ROOT = join(import.meta.dirname, '../../..')

describe('a signal that follows others', () => {
  it('is aborted with the first of them, for its reason', () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const { signal } = abortedWith([first.signal, second.signal])
    expect(signal.aborted).toBe(false)
    second.abort('second')
    first.abort('first')
    expect([signal.aborted, signal.reason]).toEqual([true, 'second'])
  })

  it('is aborted at once if one of them is', () => {
    const { signal } = abortedWith([new AbortController().signal, AbortSignal.abort('over')])
    expect([signal.aborted, signal.reason]).toEqual([true, 'over'])
  })

  it('leaves nothing with them once they are forgotten, and is not aborted then', () => {
    const source = new AbortController()
    const until = abortedWith([source.signal])
    expect(getEventListeners(source.signal, 'abort')).toHaveLength(1)
    until.forget()
    until.forget()
    expect(getEventListeners(source.signal, 'abort')).toEqual([])
    source.abort()
    expect(until.signal.aborted).toBe(false)
  })

  it('is what src and plugins have in the place of AbortSignal.any', () => {
    const files = ['src', 'plugins'].flatMap((tree) =>
      readdirSync(join(ROOT, tree), { recursive: true, encoding: 'utf8' })
        .filter((file) => /\.[jt]s$/.test(file) && !file.includes('node_modules'))
        .map((file) => join(tree, file)),
    )
    const calls = files.filter((file) => readFileSync(join(ROOT, file), 'utf8').includes('AbortSignal.any('))
    expect(calls).toEqual([])
  })
})
