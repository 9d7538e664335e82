import { describe, expect, it } from 'vitest'
import { bufferOf, offsetOf, part, zero } from '../../../src/core/bytes/views.js'

const memory = Uint8Array.from({ length: 20 }, (_, index) => index)
const view = memory.subarray(5, 15)

describe.each([
  ['a Uint8Array', view],
  ['a Buffer', Buffer.from(memory.buffer, 5, 10)],
])('%s', (_, bytes) => {
  it('tells its memory and where in it it begins', () => {
    expect(bufferOf(bytes)).toBe(memory.buffer)
    expect(offsetOf(bytes)).toBe(5)
  })

  it('has parts, which may begin before it and end behind it', () => {
    expect(part(bytes, 1, 3)).toEqual(Uint8Array.of(6, 7))
    expect(part(bytes, -2, 12)).toEqual(memory.subarray(3, 17))
    part(bytes, 0, 1)[0] = 99
    expect(memory[5]).toBe(99)
    memory[5] = 5
  })

  it('has no parts beyond its memory, nor any that end before they begin', () => {
    expect(() => part(bytes, -6, 3)).toThrow(RangeError)
    expect(() => part(bytes, 0, 16)).toThrow(RangeError)
    expect(() => part(bytes, 3, 2)).toThrow(RangeError)
  })
})

it('sets a stretch of bytes to 0 and leaves the others', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4)
  zero(bytes, 1, 3)
  zero(bytes, 3, 3)
  expect(bytes).toEqual(Uint8Array.of(1, 0, 0, 4))
})
