import v8 from 'node:v8'
import { describe, expect, it } from 'vitest'
import { clearList, emptyList, emptyNumbers } from '../../../src/core/bytes/clear-list.js'

v8.setFlagsFromString('--allow-natives-syntax')
const isSame = new Function('one', 'other', 'return %HaveSameMap(one, other)') as (
  one: unknown,
  other: unknown,
) => boolean
v8.setFlagsFromString('--no-allow-natives-syntax')

describe('an empty list', () => {
  it('is to V8 what it is once objects or numbers were in it, unlike a plain one', () => {
    const used: object[] = []
    used.push({})
    clearList(used)
    expect(emptyList()).toEqual([])
    expect(isSame(emptyList(), used)).toBe(true)
    expect(isSame([], used)).toBe(false)
    const numbers = emptyList<number>()
    numbers.push(0.5)
    clearList(numbers)
    expect(isSame(emptyList(), numbers)).toBe(true)
  })
})

describe('an empty list of numbers', () => {
  it('is to V8 one of floating-point numbers, whatever numbers were in it', () => {
    const used = emptyNumbers()
    expect(used).toEqual([])
    for (const number of [1, 0.5, 2 ** 40]) used.push(number)
    clearList(used)
    expect(isSame(emptyNumbers(), used)).toBe(true)
    const whole = emptyNumbers()
    whole.push(7)
    expect(isSame(whole, used)).toBe(true)
    expect(isSame([], used)).toBe(false)
  })
})
