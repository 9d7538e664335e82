import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Liveness } from '../../../src/core/connector/liveness.js'

const IDLE = 25_000

/** Checks whenever it is due until it is dead: what it said, and when. */
function untilDead(liveness: Liveness, answersProbes = true): [number, string][] {
  const said: [number, string][] = []
  while (said.at(-1)?.[1] !== 'dead') {
    const now = liveness.due
    expect(liveness.check(now - 1)).toBe('nothing')
    const verdict = liveness.check(now)
    if (verdict === 'probe' && !answersProbes) liveness.cannotProbe()
    said.push([now, verdict])
    expect(said.length).toBeLessThan(10)
  }
  return said
}

describe('Liveness', () => {
  it('probes after a second of silence while sending, three times, and then knows', () => {
    const liveness = new Liveness(IDLE, 0)
    liveness.sent(100)
    liveness.sent(900)
    expect(untilDead(liveness)).toEqual([
      [1_100, 'probe'],
      [1_600, 'probe'],
      [2_100, 'probe'],
      [2_600, 'dead'],
    ])
  })

  it('probes an idle carrier after a while', () => {
    expect(untilDead(new Liveness(IDLE, 0))).toEqual([
      [25_000, 'probe'],
      [25_500, 'probe'],
      [26_000, 'probe'],
      [26_500, 'dead'],
    ])
  })

  it('starts anew with whatever is received', () => {
    const liveness = new Liveness(IDLE, 0)
    liveness.sent(0)
    for (const now of [1_000, 1_500, 2_000]) expect(liveness.check(now)).toBe('probe')
    liveness.received(2_499)
    expect(liveness.due).toBe(2_499 + IDLE)
    liveness.sent(3_000)
    expect(liveness.due).toBe(4_000)
  })

  it('gives a peer that knows no probes 15 s to answer', () => {
    const liveness = new Liveness(IDLE, 0)
    liveness.sent(0)
    expect(untilDead(liveness, false)).toEqual([
      [1_000, 'probe'],
      [15_000, 'dead'],
    ])
  })

  it('leaves an idle peer that knows no probes alone', () => {
    const liveness = new Liveness(IDLE, 0)
    expect(liveness.check(25_000)).toBe('probe')
    liveness.cannotProbe()
    expect(liveness.due).toBe(Number.POSITIVE_INFINITY)
    liveness.sent(40_000)
    expect(liveness.due).toBe(55_000)
  })

  it('tries probes again once the peer was heard: it may only have had no session', () => {
    const liveness = new Liveness(IDLE, 0)
    expect(liveness.check(25_000)).toBe('probe')
    liveness.cannotProbe()
    liveness.received(26_000)
    expect(liveness.due).toBe(26_000 + IDLE)
    liveness.sent(30_000)
    expect(liveness.due).toBe(31_000)
  })

  it('probes at once where there is doubt', () => {
    const liveness = new Liveness(IDLE, 0)
    liveness.suspect(10_000)
    expect(untilDead(liveness).map(([at]) => at)).toEqual([10_000, 10_500, 11_000, 11_500])
  })

  it('does not start anew where there is doubt while it probes already', () => {
    const liveness = new Liveness(IDLE, 0)
    liveness.sent(0)
    expect(liveness.check(1_000)).toBe('probe')
    liveness.suspect(1_200)
    expect(liveness.due).toBe(1_500)
  })

  it('asks once more where the last check came so late that an answer may lie unread', () => {
    const liveness = new Liveness(IDLE, 0)
    liveness.sent(0)
    for (const now of [1_000, 1_500, 2_000]) liveness.check(now)
    expect(liveness.check(9_000)).toBe('probe')
    expect(liveness.check(9_500)).toBe('dead')
  })

  it('never holds a carrier dead that answers one probe of three, however late the checks are', () => {
    const step = fc.record({
      late: fc.oneof({ weight: 9, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.nat(20_000) }),
      lost: fc.boolean(),
      sends: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const liveness = new Liveness(IDLE, 0)
        let now = 0
        let lostInARow = 0
        for (const { late, lost, sends } of steps) {
          if (sends) liveness.sent(now)
          now = liveness.due + late
          expect(liveness.check(now)).toBe('probe')
          lostInARow = lost && lostInARow < 2 ? lostInARow + 1 : 0
          if (lostInARow === 0) liveness.received(now + 1)
        }
      }),
    )
  })

  it('holds a carrier dead within 2.5 s of sending and 26.5 s of idling where nothing answers', () => {
    const event = fc.record({ after: fc.nat(3_000), received: fc.boolean() })
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, sends) => {
        const liveness = new Liveness(IDLE, 0)
        let now = 0
        let since = 0
        const pass = (until: number) => {
          while (liveness.due <= until) if (liveness.check(liveness.due) === 'dead') return false
          return true
        }
        for (const { after, received } of events) {
          if (!pass(now + after)) break
          now += after
          if (received) {
            liveness.received(now)
            since = now
          } else liveness.sent(now)
        }
        if (sends) liveness.sent(now)
        const dead = untilDead(liveness).at(-1)![0]
        expect(dead).toBeLessThanOrEqual(sends ? Math.max(now, since) + 2_500 : since + IDLE + 1_500)
      }),
    )
  })
})
