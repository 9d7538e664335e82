import { expect, it } from 'vitest'
import { pattern } from '../../../../src/conformance/kit/recorder.js'
import { copyMasked, generateMask, unmaskBehind } from '../../../../src/transports/websocket/frames/mask.js'

/** On both sides of where the native code begins, and not whole words. */
const LENGTHS = [...Array(18).keys(), 190, 191, 192, 193, 1400, 65_535]

it('makes masks that differ and are never zero', () => {
  const seen = new Set<number>()
  const mask = Buffer.alloc(4)
  for (let count = 0; count < 5000; count++) {
    generateMask(mask)
    seen.add(mask.readUInt32LE(0))
  }
  expect(seen.size).toBeGreaterThan(4990)
  expect(seen.has(0)).toBe(false)
})

it('masks a copy of each length as RFC 6455 has it, wherever it lies, and unmasks it there', () => {
  for (const length of LENGTHS) {
    for (const at of [4, 5, 6, 7]) {
      const payload = pattern(length, at)
      const original = payload.slice()
      const memory = new Uint8Array(at + length + 4).fill(0xaa)
      const view = new DataView(memory.buffer)
      view.setInt32(at - 4, 0x84838281, true)
      copyMasked(payload, view.getInt32(at - 4, true), memory, view, at)
      expect(payload).toEqual(original)
      const masked = payload.map((byte, index) => byte ^ (0x81 + (index % 4)))
      expect(Buffer.compare(memory.subarray(at, at + length), masked)).toBe(0)
      unmaskBehind(memory, at, memory.subarray(at, at + length))
      expect(Buffer.compare(memory.subarray(at, at + length), payload)).toBe(0)
      expect([...memory.subarray(at + length)]).toEqual([0xaa, 0xaa, 0xaa, 0xaa])
    }
  }
})

it('unmasks in one memory after another, and in a piece of a larger one', () => {
  for (const from of [0, 8, 3]) {
    const memory = new Uint8Array(64).subarray(from)
    memory.set([1, 2, 3, 4, 10, 20, 30, 40, 50])
    unmaskBehind(memory, 4, memory.subarray(4, 9))
    expect([...memory.subarray(0, 10)]).toEqual([1, 2, 3, 4, 11, 22, 29, 44, 51, 0])
  }
})
