import { describe, expect, it } from 'vitest'
import { pattern } from '../../../src/conformance/kit/recorder.js'
import { native } from '../../../src/native/base/native.js'
import { Backlog } from '../../../src/transports/streams/backlog.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const KIB = 1024
const MOST = 256 * KIB
const LEAST = 16 * KIB

/** A backlog that a carrier took `bytes` of within `milliseconds`, when it was last busy. */
function after(bytes: number, milliseconds: number, limit?: number): Backlog {
  const backlog = new Backlog(native().arena, limit)
  backlog.extend(bytes, 1_000)
  backlog.took(bytes / 2, 1_000 + milliseconds / 2)
  backlog.took(bytes / 2, 1_000 + milliseconds)
  return backlog
}

describe.skipIf(nativeMissing)(orSkipped('Backlog', nativeMissing), () => {
  it('has room for 256 KiB while nobody knows how fast the carrier is', () => {
    const backlog = new Backlog(native().arena)
    expect(backlog.room).toBe(MOST)
    backlog.extend(1_000, 0)
    expect(backlog.room).toBe(MOST - 1_000)
    backlog.release()
  })

  it('has room for what the carrier takes in 100 ms, as fast as it last was', () => {
    expect(after(100_000, 200).room).toBe(50_000)
    const backlog = after(100_000, 200)
    backlog.extend(20_000, 2_000)
    expect(backlog.room).toBe(30_000)
    backlog.extend(40_000, 2_001)
    expect(backlog.room).toBe(0)
    backlog.release()
  })

  it('has room for 16 KiB on the slowest carrier, and for no more than its limit on the fastest', () => {
    expect(after(1_000, 60_000).room).toBe(LEAST)
    expect(after(1_000_000, 0).room).toBe(MOST)
    expect(after(100_000, 1, 64 * KIB).room).toBe(64 * KIB)
  })

  it('takes the speed anew each time that the carrier is busy', () => {
    const backlog = after(1_000, 60_000)
    backlog.extend(40_000, 100_000)
    backlog.took(40_000, 100_080)
    expect(backlog.room).toBe(50_000)
  })

  it('keeps all bytes in their order, wherever the carrier stops to take them', () => {
    const { arena } = native()
    const backlog = new Backlog(arena, 64)
    const sent = pattern(200, 1)
    const arrived: number[] = []
    const take = (length: number) => {
      const at = backlog.address - arena.address(0)
      arrived.push(...arena.bytes.subarray(at, at + length))
      backlog.took(length, 0)
    }
    backlog.extend(50, 0).set(sent.subarray(0, 50))
    take(30)
    backlog.extend(130, 0).set(sent.subarray(50, 180))
    take(101)
    backlog.extend(20, 0).set(sent.subarray(180))
    expect(backlog.length).toBe(69)
    take(69)
    expect(Uint8Array.from(arrived)).toEqual(sent)
    expect(backlog.length).toBe(0)
  })
})
