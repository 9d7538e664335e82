import { expect, it } from 'vitest'
import { generateMask } from '../../../src/transports/websocket/mask.js'

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
