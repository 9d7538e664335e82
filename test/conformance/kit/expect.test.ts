import { it, expect as itIs } from 'vitest'
import { expect, expectRejected } from '../../../src/conformance/kit/expect.js'

it.each([
  [() => expect(1).toBe(1), () => expect(1).toBe(2), '1 is not 2'],
  [
    () => expect(true, 'a link').toBe(true),
    () => expect(false, 'a link').toBe(true),
    'a link: false is not true',
  ],
  [() => expect(1).notToBe(undefined), () => expect(undefined).notToBe(undefined), 'undefined'],
  [
    () => expect([Uint8Array.of(1)]).toEqual([Uint8Array.of(1)]),
    () => expect([Uint8Array.of(1)]).toEqual([Uint8Array.of(2)]),
    '2',
  ],
  [() => expect({ a: 1, b: 2 }).toMatchObject({ a: 1 }), () => expect({ a: 1 }).toMatchObject({ b: 1 }), 'b'],
  [() => expect(3).toBeAtLeast(3), () => expect(2).toBeAtLeast(3), '2 is less than 3'],
  [
    () => expect(3).toBeAtMost(3),
    () => expect(4, 'what is said').toBeAtMost(3),
    'what is said: 4 is more than 3',
  ],
])('says what is wrong, and nothing of what is right', (right, wrong, message) => {
  itIs(right).not.toThrow()
  itIs(wrong).toThrow(message)
})

it('wants a rejection by the right error', async () => {
  const failed = () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_NO' }))
  await expectRejected(failed(), { code: 'ERR_NO' })
  await itIs(expectRejected(failed(), { code: 'ERR_YES' })).rejects.toThrow('ERR_YES')
  await itIs(expectRejected(Promise.resolve(), { code: 'ERR_NO' })).rejects.toThrow('it succeeded')
})
