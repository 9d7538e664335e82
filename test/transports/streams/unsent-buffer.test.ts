import { describe, expect, it } from 'vitest'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import { native } from '../../../src/native/base/native.js'
import { UnsentBuffer } from '../../../src/transports/streams/unsent-buffer.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const KIB = 1024
const MOST = 256 * KIB
const LEAST = 16 * KIB

/** A backlog that a carrier took `bytes` of within `milliseconds`, when it was last busy. */
function after(bytes: number, milliseconds: number, limit?: number): UnsentBuffer {
  const unsent = new UnsentBuffer(native().arena, limit)
  unsent.extend(bytes, 1_000)
  unsent.took(bytes / 2, 1_000 + milliseconds / 2)
  unsent.took(bytes / 2, 1_000 + milliseconds)
  return unsent
}

describe.skipIf(nativeMissing)(orSkipped('UnsentBuffer', nativeMissing), () => {
  it('has room for 256 KiB while nobody knows how fast the carrier is', () => {
    const unsent = new UnsentBuffer(native().arena)
    expect(unsent.room).toBe(MOST)
    unsent.extend(1_000, 0)
    expect(unsent.room).toBe(MOST - 1_000)
    unsent.release()
  })

  it('has room for what the carrier takes in 100 ms, as fast as it last was', () => {
    expect(after(100_000, 200).room).toBe(50_000)
    const unsent = after(100_000, 200)
    unsent.extend(20_000, 2_000)
    expect(unsent.room).toBe(30_000)
    unsent.extend(40_000, 2_001)
    expect(unsent.room).toBe(0)
    unsent.release()
  })

  it('has room for 16 KiB on the slowest carrier, and for no more than its limit on the fastest', () => {
    expect(after(1_000, 60_000).room).toBe(LEAST)
    expect(after(1_000_000, 0).room).toBe(MOST)
    expect(after(100_000, 1, 64 * KIB).room).toBe(64 * KIB)
  })

  it('takes the speed anew each time that the carrier is busy', () => {
    const unsent = after(1_000, 60_000)
    unsent.extend(40_000, 100_000)
    unsent.took(40_000, 100_080)
    expect(unsent.room).toBe(50_000)
  })

  it('keeps all bytes in their order, wherever the carrier stops to take them', () => {
    const { arena } = native()
    const unsent = new UnsentBuffer(arena, 64)
    const sent = pattern(200, 1)
    const arrived: number[] = []
    const take = (length: number) => {
      const at = unsent.address - arena.address(0)
      arrived.push(...arena.bytes.subarray(at, at + length))
      unsent.took(length, 0)
    }
    unsent.extend(50, 0).set(sent.subarray(0, 50))
    take(30)
    unsent.extend(130, 0).set(sent.subarray(50, 180))
    take(101)
    unsent.extend(20, 0).set(sent.subarray(180))
    expect(unsent.length).toBe(69)
    take(69)
    expect(Uint8Array.from(arrived)).toEqual(sent)
    expect(unsent.length).toBe(0)
  })
})
