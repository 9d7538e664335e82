import { describe, expect, it } from 'vitest'
import { FailbackBackoff } from '../../../../src/core/connector/pace/failback-backoff.js'

const NEVER = Number.POSITIVE_INFINITY

/** Falls back from endpoint 0, tries it again when the plan says so, and returns. When that is. */
function fallBackAndReturn(plan: FailbackBackoff, lostAt: number): number {
  plan.lost(0, lostAt)
  plan.settled(1, lostAt)
  const at = plan.due
  expect(plan.next(at)).toBe(0)
  plan.returned(0, at)
  plan.settled(0, at)
  return at
}

describe('FailbackBackoff', () => {
  it('tries nothing while the best endpoint is in use', () => {
    const plan = new FailbackBackoff()
    expect(plan.due).toBe(NEVER)
    plan.settled(2, 0)
    plan.settled(0, 1_000)
    expect(plan.due).toBe(NEVER)
  })

  it('tries the better endpoints in turn, every 5 s', () => {
    const plan = new FailbackBackoff()
    plan.settled(3, 0)
    const tried: number[] = []
    for (let count = 0; count < 7; count++) {
      expect(plan.due).toBe(5_000 * (count + 1))
      tried.push(plan.next(plan.due))
    }
    expect(tried).toEqual([0, 1, 2, 0, 1, 2, 0])
  })

  it('gives one that answered the next turn as well, and counts its answers in a row', () => {
    const failback = new FailbackBackoff()
    failback.settled(2, 0)
    expect(failback.next(5_000)).toBe(0)
    expect(failback.answered(0)).toBe(1)
    expect(failback.next(10_000)).toBe(0)
    expect(failback.answered(0)).toBe(2)
    expect(failback.next(15_000)).toBe(0)
    failback.unanswered()
    expect(failback.next(20_000)).toBe(1)
    expect(failback.answered(1)).toBe(1)
  })

  it('stays away for 30 s after a return that failed, doubling up to 10 min', () => {
    const plan = new FailbackBackoff()
    let at = 0
    const stays = Array.from({ length: 8 }, () => {
      const lostAt = at + 1_000
      at = fallBackAndReturn(plan, lostAt)
      return at - lostAt
    })
    expect(stays).toEqual([5_000, 30_000, 60_000, 120_000, 240_000, 480_000, 600_000, 600_000])
  })

  it('forgets failed returns once one has lasted', () => {
    const plan = new FailbackBackoff()
    let at = fallBackAndReturn(plan, 0)
    at = fallBackAndReturn(plan, at + 1_000)
    const lostAt = at + 30_000
    expect(fallBackAndReturn(plan, lostAt) - lostAt).toBe(5_000)
  })

  it('keeps the time of the next attempt, and whose turn it is, over a new link to the endpoint in use', () => {
    const plan = new FailbackBackoff()
    plan.settled(2, 0)
    plan.next(plan.due)
    plan.lost(2, 9_000)
    plan.settled(2, 9_100)
    expect(plan.due).toBe(10_000)
    expect(plan.next(plan.due)).toBe(1)
  })

  it('does not take the loss of a worse endpoint for a failed return', () => {
    const plan = new FailbackBackoff()
    plan.settled(1, 0)
    plan.lost(1, 10)
    plan.settled(2, 20)
    expect(plan.due).toBe(5_020)
  })
})
