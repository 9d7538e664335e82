import { describe, expect, it } from 'vitest'
import { DatagramViews } from '../../../src/core/offload/datagram-views.js'

describe('DatagramViews', () => {
  it('has a view of each datagram, in order, the same ones for the same trains', () => {
    const views = new DatagramViews()
    const bytes = Uint8Array.of(1, 2, 3, 4, 5)
    const trains = [
      { bytes, size: 2 },
      { bytes: bytes.subarray(0, 0), size: 1 },
      { bytes, size: 9 },
    ]
    const first = [...views.of(trains)]
    expect(first.map((each) => [...each])).toEqual([[1, 2], [3, 4], [5], [], [1, 2, 3, 4, 5]])
    expect(views.of(trains).every((each, index) => each === first[index])).toBe(true)
    expect([...views.of([])]).toEqual([])
  })
})
