import { expect, it } from 'vitest'
import { type Results, type SystemResult, summaryOf } from '../../../bench/measure/results.js'
import { readingsOf } from '../../../bench/measure/steal.js'
import { streamsSection, summarySection, tunnelsSection } from '../../../bench/report/sections.js'

const FIGURES = { tcp: 1000, tcp4: 1100, cpu: 2, udp64: 50, udp1200: 40, idle50: 0.25, memory: 90 }

function system(name: string, rounds = 1): SystemResult {
  const runs = Array.from({ length: rounds }, (_, round) => ({ round, readings: readingsOf(FIGURES, 0) }))
  const ratio = { median: { tcp: 2 }, spread: {}, stolen: [] }
  return { name, summary: name, runs, ...summaryOf(runs), ratio }
}

const RESULTS: Results = {
  machine: {
    cpu: 'Some CPU',
    cores: 2,
    memoryGb: 8,
    arch: 'x64',
    kernel: '6.1',
    node: 'v20.20.2',
    openssl: '3.0.19',
    iperf3: 'iperf 3.12 (cJSON 1.7.15)',
    wireGuardGo: 'wireguard-go v1',
    commit: 'abc1234',
    date: '2026-11-28T12:00:00.000Z',
  },
  seconds: 10,
  repeat: 3,
  short: false,
  foreignLoad: 0.01,
  reference: 'wireguard-go',
  systems: [
    system('bare'),
    system('qanat-wss'),
    system('qanat-udp'),
    system('wireguard-go'),
    system('tinc', 0),
  ],
}

/** The first cells of a table's rows. */
function systemsOf(lines: readonly string[]): string[] {
  return lines
    .flatMap((line) => /^\| ([a-z-]+[a-z]) \|/.exec(line)?.[1] ?? [])
    .filter((name) => name !== 'system')
}

it('shows six figures of each measured system in the summary', () => {
  const lines = summarySection(RESULTS)
  expect(lines).toContain(
    '| system | TCP 1, Mbit/s | CPU, s/GB | 64 B, kpps | 1200 B, kpps | ping p50, ms | memory, MB |',
  )
  expect(lines).toContain('| qanat-udp | 1000 | 2.00 | 50.0 | 40.0 | 0.250 | 90 |')
  expect(systemsOf(lines)).toEqual(['qanat-wss', 'qanat-udp', 'wireguard-go'])
  expect(lines[0]).toContain('10 s per transfer, median of 3')
})

it('compares over streams only what runs over a stream', () => {
  expect(systemsOf(streamsSection(RESULTS))).toEqual(['qanat-wss'])
})

it('keeps all figures, ratios and what is missing in the full tables', () => {
  const missing = { ...system('tinc', 0), missing: 'missing (tincd)' }
  const lines = tunnelsSection({ ...RESULTS, systems: [...RESULTS.systems.slice(0, -1), missing] })
  expect(lines.some((line) => line.startsWith('| qanat-wss | 1000 | 1100 |'))).toBe(true)
  expect(lines.some((line) => line.startsWith('| qanat-wss | 2.00 |'))).toBe(true)
  expect(lines).toContain('Not measured, since missing: tinc.')
})
