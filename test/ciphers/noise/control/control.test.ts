import { describe, expect, it } from 'vitest'
import { MAX_CONTROL, readControl, writeControl } from '../../../../src/ciphers/noise/control/control.js'

const ITEMS = [
  { type: 1, value: Uint8Array.of(3) },
  { type: 250, value: new Uint8Array(300).fill(7) },
  { type: 2, value: new Uint8Array(0) },
]
const MESSAGE = { type: 5, id: 0xfedcba98, items: ITEMS }

/** A message with these bytes in the place of those at `at`. */
function altered(at: number, ...bytes: number[]): Uint8Array {
  const message = writeControl(MESSAGE)
  message.set(bytes, at)
  return message
}

describe('a control message', () => {
  it('is read as it was written, with padding behind it or without', () => {
    const written = writeControl(MESSAGE)
    expect(readControl(written)).toEqual(MESSAGE)
    expect(readControl(Uint8Array.of(...written, ...new Uint8Array(2_000)))).toEqual(MESSAGE)
  })

  it('has 1,200 bytes at the most', () => {
    const room =
      MAX_CONTROL - writeControl({ ...MESSAGE, items: [{ type: 1, value: new Uint8Array(0) }] }).length
    const largest = writeControl({ ...MESSAGE, items: [{ type: 1, value: new Uint8Array(room) }] })
    expect(largest).toHaveLength(1_200)
    expect(readControl(largest)!.items[0]!.value).toHaveLength(room)
    const items = [{ type: 1, value: new Uint8Array(room + 1) }]
    expect(() => writeControl({ ...MESSAGE, items })).toThrow(RangeError)
    const longer = Uint8Array.of(...largest, 0)
    longer.set([1_197 >> 8, 1_197 & 0xff], 2)
    longer.set([(room + 1) >> 8, (room + 1) & 0xff], 10)
    expect(readControl(longer)).toBeUndefined()
  })

  it.each([
    ['is longer than what holds it', altered(2, 1, 255)],
    ['is too short for an id', altered(2, 0, 4)],
    ['is of version 0', altered(4, 0)],
    ['has an item that goes beyond its end', altered(10, 2, 0)],
    ['ends within the header of an item', altered(2, 0, 5 + 4 + 2)],
    ['is cut', writeControl(MESSAGE).subarray(0, -1)],
    ['is next to nothing', Uint8Array.of(0, 5, 0, 5, 1, 0, 0, 0)],
  ])('is none where it %s', (_what, bytes) => {
    expect(readControl(bytes)).toBeUndefined()
  })
})
