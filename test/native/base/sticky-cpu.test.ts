import { beforeEach, describe, expect, it } from 'vitest'
import { StickyCpu, type Usage } from '../../../src/native/base/sticky-cpu.js'

const ALL = Uint8Array.of(0b1111)
const SECOND = Uint8Array.of(0b0010)
const WAKES = 64

let allowed: Uint8Array | undefined
let current: Uint8Array | undefined
let used: Usage | undefined
let time: number
let sticky: StickyCpu

beforeEach(() => {
  allowed = ALL
  current = SECOND
  used = { cpu: 1000, waited: 0 }
  time = 0
  sticky = make()
})

function allowAll(set: Uint8Array): boolean {
  allowed = set
  return true
}

function make(allow = allowAll): StickyCpu {
  return new StickyCpu({
    affinity: { allow, allowed: () => allowed, current: () => current },
    usage: () => used,
    now: () => time,
  })
}

/** Wakes the thread up until it is looked at, within so many milliseconds, with a share of a CPU used and a time waited each. */
function look(milliseconds: number, share: number, waited = 0): void {
  time += milliseconds
  if (used !== undefined) {
    used = { cpu: used.cpu + share * milliseconds, waited: used.waited + WAKES * waited }
  }
  for (let wake = 0; wake < WAKES; wake++) sticky.woke()
}

describe('StickyCpu', () => {
  it('stays where it is while there is little to do, and leaves once there is much', () => {
    look(320, 0.05)
    expect(allowed).toBe(SECOND)
    look(320, 0.2) // neither little nor much
    expect(allowed).toBe(SECOND)
    look(10, 0.9)
    expect(allowed).toBe(SECOND)
    look(10, 0.9)
    expect(allowed).toBe(ALL)
    look(320, 0.2)
    expect(allowed).toBe(ALL)
    look(320, 0.1)
    expect(allowed).toBe(SECOND)
  })

  it('counts nothing while it is paused, and begins anew then', () => {
    look(320, 0.05)
    sticky.pause()
    look(320, 0.9)
    look(320, 0.9)
    expect(allowed).toBe(SECOND)
    sticky.goOn()
    look(10, 0.05)
    look(10, 0.05)
    expect(allowed).toBe(SECOND)
    look(320, 0.9)
    expect(allowed).toBe(ALL)
  })

  it('looks at nothing between 64 wake-ups, nor before a quarter of a second has passed', () => {
    time = 249
    for (let wake = 0; wake < 3 * WAKES; wake++) sticky.woke()
    expect(allowed).toBe(ALL)
    time = 250
    for (let wake = 1; wake < WAKES; wake++) sticky.woke()
    expect(allowed).toBe(ALL)
    sticky.woke()
    expect(allowed).toBe(SECOND)
  })

  it('does not stay where wake-ups are so seldom that the caches hold nothing', () => {
    look(10_000, 0.001)
    expect(allowed).toBe(ALL)
    look(320, 0.05)
    expect(allowed).toBe(SECOND)
    look(10_000, 0.001)
    expect(allowed).toBe(ALL)
  })

  it('does not stay while it has to wait wherever it runs', () => {
    look(320, 0.05, 1.5)
    expect(allowed).toBe(ALL)
    look(320, 0.05)
    expect(allowed).toBe(SECOND)
  })

  it('leaves where it has to wait for the CPU, and does not come back for a while', () => {
    look(320, 0.05)
    look(320, 0.05, 0.1)
    expect(allowed).toBe(SECOND)
    look(320, 0.05, 1.5)
    expect(allowed).toBe(ALL)
    for (let looks = 1; looks < 10; looks++) {
      look(1000, 0.05)
      expect(allowed).toBe(ALL)
    }
    look(1000, 0.05)
    expect(allowed).toBe(SECOND)
  })

  it('may be told to leave, and stays again after the next look', () => {
    sticky.release()
    expect(allowed).toBe(ALL)
    look(320, 0.05)
    sticky.release()
    sticky.release()
    expect(allowed).toBe(ALL)
    look(320, 0.05)
    expect(allowed).toBe(SECOND)
  })

  it('keeps to what somebody else said meanwhile', () => {
    look(320, 0.05)
    const others = Uint8Array.of(0b1100)
    allowed = others
    sticky.release()
    expect(allowed).toBe(others)
    current = Uint8Array.of(0b0100)
    look(320, 0.05)
    look(320, 0.9)
    expect(allowed).toEqual(others)
  })

  it('does nothing where there is one CPU, where the kernel tells nothing, or where it refuses', () => {
    allowed = Uint8Array.from(SECOND)
    look(320, 0.05)
    look(320, 0.9)
    expect(allowed).toEqual(SECOND)

    allowed = ALL
    current = undefined
    look(320, 0.05)
    expect(allowed).toBe(ALL)

    current = SECOND
    used = undefined
    look(320, 0.05)
    look(320, 0.05)
    expect(allowed).toBe(ALL)

    used = { cpu: 0, waited: 0 }
    const tried: Uint8Array[] = []
    sticky = make((set) => tried.push(set) < 0)
    look(320, 0.05)
    sticky.release()
    expect(tried).toEqual([SECOND])
  })
})
