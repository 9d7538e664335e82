import { channel } from 'node:diagnostics_channel'
import { performance } from 'node:perf_hooks'
import { describe, expect, it, vi } from 'vitest'
import type { Native } from '../../../src/native/base/native.js'
import { stayOnCpu } from '../../../src/native/base/stay-on-cpu.js'

/** However long others keep the thread of this test waiting. */
vi.mock('../../../src/native/base/waited-for-cpu.js', () => ({ waitedForCpu: () => 0 }))

/** A system with two CPUs whose thread is on the first, and what it was last allowed. */
function system() {
  const [both, first] = [Uint8Array.of(0b11), Uint8Array.of(0b01)]
  let allowed = both
  const affinity = {
    allowed: () => allowed,
    current: () => first,
    allow(set: Uint8Array<ArrayBuffer>) {
      allowed = set
      return true
    },
  }
  const unwatched = () => {}
  const watchers = { woke: unwatched }
  const native = { affinity, watchers } as unknown as Native
  return { native, watchers, unwatched, both, first, allowed: () => allowed }
}

describe('staying on a CPU', () => {
  it('is asked for once, however many tunnels want it', () => {
    const { native, watchers, unwatched } = system()
    stayOnCpu(native)
    const { woke } = watchers
    expect(woke).not.toBe(unwatched)
    stayOnCpu(native)
    expect(watchers.woke).toBe(woke)
  })

  it('begins after some wake-ups, and ends before another process starts, which would inherit it', () => {
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const { native, watchers, both, first, allowed } = system()
    stayOnCpu(native)
    now = 1000
    for (let wake = 0; wake < 64; wake++) watchers.woke()
    expect(allowed()).toEqual(first)
    channel('child_process').publish({})
    expect(allowed()).toEqual(both)
  })
})
