import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Combination } from '../../../lab/demo/combinations.js'
import type { Measurement } from '../../../lab/demo/measurement.js'
import { runDemo } from '../../../lab/demo/run-demo.js'
import type { Stage } from '../../../lab/demo/stage.js'

const GOOD: Measurement = {
  roundTrip: 1,
  pings: 20,
  lost: 0,
  copiedBytes: 1e6,
  copySeconds: 1,
  hashEqual: true,
}
const ALL: Combination[] = Array.from({ length: 18 }, (_, index) => ({
  transport: `transport ${index}`,
  scheme: 'udp',
  cipher: 'xor',
}))

let printed: string
beforeEach(() => {
  printed = ''
  const print = (text: string | Uint8Array) => {
    printed += text
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(print)
  vi.spyOn(process.stderr, 'write').mockImplementation(print)
})
afterEach(() => vi.restoreAllMocks())

/** A stage on which each tunnel takes a minute and comes to what `outcome` says. */
function slowStage(outcome: (row: number) => Measurement): Stage & { readonly limits: number[] } {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => now)
  const limits: number[] = []
  return {
    hosts: 'nowhere',
    limits,
    async run(_combination, limit) {
      now += 60_000
      limits.push(limit)
      return outcome(limits.length)
    },
    close() {},
  }
}

it('gives each tunnel the same time, however long those before it took', async () => {
  const stage = slowStage(() => GOOD)
  expect(await runDemo(ALL, stage, undefined)).toBe(0)
  expect(stage.limits).toHaveLength(ALL.length)
  expect(new Set(stage.limits).size).toBe(1)
  expect(stage.limits[0]).toBeGreaterThanOrEqual(60_000)
  expect(printed).toContain('All tunnels worked.')
})

it('goes on after a tunnel that fails, tells why, and returns 1', async () => {
  const stage = slowStage((row) => {
    if (row === 2) throw new Error('it is late')
    return row === 3 ? { ...GOOD, lost: 4 } : GOOD
  })
  expect(await runDemo(ALL, stage, undefined)).toBe(1)
  expect(stage.limits).toHaveLength(ALL.length)
  expect(printed).toContain('[2/18] transport 1 with xor: fails: it is late')
  expect(printed).toContain('[3/18] transport 2 with xor: fails: 4 pings were lost')
  expect(printed).toContain('2 of 18 tunnels failed.')
})
