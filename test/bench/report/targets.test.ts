import { expect, it } from 'vitest'
import type { Figures } from '../../../bench/measure/metrics.js'
import { type Results, ratiosOf, type SystemResult, summaryOf } from '../../../bench/measure/results.js'
import { readingsOf } from '../../../bench/measure/steal.js'
import { resultLines } from '../../../bench/report/tables.js'
import { outcomesOf, targetsOn } from '../../../bench/report/targets.js'

const runOf = (figures: Figures) => [{ round: 1, readings: readingsOf(figures, 0) }]
const reference = runOf({ first: 1000, steady: 1000, idle50: 1 })

function system(name: string, figures: Figures, missing?: string): SystemResult {
  const runs = runOf(figures)
  const ratio = ratiosOf(runs, reference)
  return { name, summary: name, runs, ...summaryOf(runs), ratio, ...(missing !== undefined && { missing }) }
}

function results(...systems: SystemResult[]): Results {
  const machine = {
    ...{
      cpu: 'Intel(R) Xeon(R) Processor',
      cores: 2,
      memoryGb: 8,
      arch: 'x64',
      kernel: '6.1',
      node: 'v24.0.0',
    },
    ...{ openssl: '3.0.19', iperf3: 'iperf 3.12', wireGuardGo: 'v1', commit: 'abc1234', date: '2026-11-29' },
  }
  const named = { reference: 'wireguard-go', systems }
  return { machine, seconds: 5, repeat: 1, short: false, foreignLoad: 0, ...named }
}

const RESULTS = results(
  system('qanat-udp', { first: 700, steady: 1900, idle50: 1.11, overNode: 261 }),
  system('wireguard-go', { first: 1000, steady: 1000, idle50: 1 }),
  system('wsvpn-ws', { idle50: 0.5 }),
)

it('judges each figure that was measured, by its ratio or by itself, where more or less is better', () => {
  expect(outcomesOf(RESULTS).map(({ key, other, verdict }) => `${key} ${other} ${verdict}`)).toEqual([
    'overNode undefined MISSED',
    'first wireguard-go holds',
    'steady wireguard-go aim',
    'idle50 wireguard-go MISSED',
    'idle50 wsvpn-ws open',
  ])
})

it('asks of another processor the lower of what it asks of two', () => {
  const steadyOf = (cpu: string) =>
    targetsOn(cpu).flatMap(({ key, bound }) => (key === 'steady' ? (bound ?? []) : []))
  expect(steadyOf('Intel(R) Xeon(R) Processor')).toEqual([1.4, 1.35, 3, 3])
  expect(steadyOf('AMD EPYC 7B13')).toEqual([1.4, 1.35, 2.3, 1.8])
  expect(steadyOf('Neoverse-N1')).toEqual([1.4, 1.35, 2.3, 1.8])
})

it('prints figures, multiples and targets, and marks what is not to be trusted', () => {
  const shaky = { ...system('qanat-tcp', { first: 1 }), stolen: ['first'] as const }
  const text = resultLines({ ...RESULTS, systems: [...RESULTS.systems, shaky] }).join('\n')
  expect(text).toMatch(/^qanat-udp +1\.110 +261 +700 /m)
  expect(text).toMatch(/^qanat-udp +first s +wireguard-go +0\.70 +0\.70 +0\.70 +0\.70 +1\.30 +holds/m)
  expect(text).toMatch(/^qanat-tcp .* 1! .*/m)
  expect(text).toContain('! more than 2 % of the processors')
})

it('prints how far rounds are apart', () => {
  const runs = [900, 1000, 1200].map((first, round) => ({ round, readings: readingsOf({ first }, 0) }))
  const spread = { ...system('qanat-udp', {}), runs, ...summaryOf(runs) }
  expect(resultLines(results(spread)).join('\n')).toMatch(/^qanat-udp +1000 ±15%/m)
})
