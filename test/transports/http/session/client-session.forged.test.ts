import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ForgingLab } from '../../../support/http/forging-lab.js'

const MEBIBYTE = 1024 * 1024
/** Posts, polls, streamed answers and one that is tried, each with its successor. */
const MOST_UNDER_WAY = 12
const STEPS = 150

describe('a tunnel over posts in the clear', () => {
  it('delivers what the far end sealed alone, once, and goes on behind a front end that forges, replays, reorders and drops', () => {
    let [delivered, refused] = [0, 0]
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 20, max: 600 }), (seed, hostile) => {
        const lab = new ForgingLab(seed)
        for (let steps = 0; steps < STEPS; steps++) {
          lab.step(hostile)
          expect(lab.mostKept).toBeLessThanOrEqual(2 * MEBIBYTE)
          if (lab.isOver) lab.redial()
        }
        expect(lab.mostUnderWay).toBeLessThanOrEqual(MOST_UNDER_WAY)
        for (const [from, to] of [
          [lab.near, lab.far],
          [lab.far, lab.near],
        ] as const) {
          expect(to.delivered.filter((packet) => !from.sealed.has(packet))).toEqual([])
          expect(new Set(to.delivered).size).toBe(to.delivered.length)
        }
        delivered += lab.near.delivered.length + lab.far.delivered.length
        refused += lab.near.refused + lab.far.refused
        lab.redial()
        const before = [lab.near.delivered.length, lab.far.delivered.length] as const
        for (let steps = 0; steps < STEPS; steps++) lab.step(0)
        expect(lab.near.delivered.length).toBeGreaterThan(before[0])
        expect(lab.far.delivered.length).toBeGreaterThan(before[1])
      }),
      { numRuns: 40 },
    )
    expect([delivered > 1_000, refused > 0]).toEqual([true, true])
  })
})
