import { expect, it } from 'vitest'
import { dropsOf } from '../../../src/core/forwarding/drops.js'

it('names the causes that came up by their parts', () => {
  const parts = { cipher: { drops: { malformed: 3, oversized: 0 } }, tun: { drops: { malformed: 1 } } }
  expect(dropsOf(parts)).toEqual({ 'cipher.malformed': 3, 'tun.malformed': 1 })
})
