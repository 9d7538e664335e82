import type { Machine } from '../measure/machine.js'
import { METRICS, type MetricKey } from '../measure/metrics.js'
import { PEERS_TITLES, type PeersResult, rowOf } from '../measure/peers.js'
import type { Results, SystemResult } from '../measure/results.js'
import type { SoakResult } from '../measure/soak.js'
import type { EndProfile } from '../profile/profile.js'
import type { StageResult } from '../stages/stage.js'
import { markdownTable } from './section.js'
import { formatFigure, metricsOf, percent } from './tables.js'

/** Functions that the page tells of each end. */
const HOT = 8

/** What the short tables show of a system. */
const SHORT: readonly MetricKey[] = ['tcp', 'cpu', 'udp64', 'udp1200', 'idle50', 'memory']

/** What people choose from if UDP is blocked: one system of each kind, over a stream and encrypted. */
const OVER_STREAMS = [
  'qanat-tcp',
  'qanat-wss',
  'wg-go-over-wstunnel-wss',
  'wg-go-over-chisel',
  'wsvpn-wss',
  'sing-box-vless-wss',
  'openvpn-tcp',
]

/** What `--json` writes for all but whole tunnels. */
export interface Report<Result> {
  readonly machine: Machine
  readonly results: readonly Result[]
}

/** Six figures of each system. */
export function summarySection(results: Results): string[] {
  return shortTable(
    results,
    results.systems.filter(({ name }) => name !== 'bare'),
  )
}

/** The same of the systems that run over a stream. */
export function streamsSection(results: Results): string[] {
  return shortTable(
    results,
    results.systems.filter(({ name }) => OVER_STREAMS.includes(name)),
  )
}

function shortTable(results: Results, systems: readonly SystemResult[]): string[] {
  const shown = METRICS.filter(({ key }) => SHORT.includes(key))
  return [
    conditions(results),
    '',
    ...markdownTable(
      ['system', ...shown.map(({ title, unit }) => `${title}, ${unit}`)],
      systems
        .filter(({ runs }) => runs.length > 0)
        .map(({ name, median }) => [name, ...shown.map((metric) => formatFigure(metric, median))]),
    ),
  ]
}

function conditions({ machine, repeat, seconds, foreignLoad }: Results): string {
  return (
    `${describe(machine)}; ${machine.wireGuardGo}, ${machine.iperf3.split(' (')[0]}. ${seconds} s per transfer,` +
    ` median of ${repeat}; other things took up to ${percent(foreignLoad)} of the cores before a measurement.`
  )
}

/** The figures of whole tunnels, and their ratios. */
export function tunnelsSection(results: Results): string[] {
  const { reference } = results
  const shown = metricsOf(results)
  const measured = results.systems.filter(({ runs }) => runs.length > 0)
  const missing = results.systems.filter((system) => system.missing !== undefined)
  const titles = shown.map(({ title, unit }) => `${title}<br>${unit}`)
  return [
    conditions(results),
    '',
    ...markdownTable(
      ['system', ...titles],
      measured.map(({ name, median }) => [name, ...shown.map((metric) => formatFigure(metric, median))]),
    ),
    '',
    `As multiples of ${reference}'s in the same run (more is better for Mbit/s and kpps, less for the rest):`,
    '',
    ...markdownTable(
      ['system', ...shown.map(({ title }) => title)],
      measured
        .filter(({ name }) => name !== reference && name !== 'bare')
        .map(({ name, ratio }) => [name, ...shown.map(({ key }) => ratio.median[key]?.toFixed(2) ?? '–')]),
    ),
    '',
    ...(missing.length > 0
      ? [`Not measured, since missing: ${missing.map(({ name }) => name).join(', ')}.`, '']
      : []),
    ...METRICS.filter((metric) => shown.includes(metric)).map(
      ({ title, unit, summary }) => `- **${title}** (${unit}): ${summary}`,
    ),
  ]
}

/** What each step costs. */
export function stagesSection({ machine, results }: Report<StageResult>): string[] {
  const rows = results.map(({ name, bytes, nanoseconds, gigabits }) => [
    name,
    bytes?.toString() ?? '–',
    nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0),
    gigabits?.toFixed(1) ?? '–',
  ])
  return [`${describe(machine)}.`, '', ...markdownTable(['stage', 'bytes', 'ns per packet', 'Gbit/s'], rows)]
}

/** Where the time goes. */
export function profileSection({ machine, results }: Report<EndProfile>): string[] {
  return [
    `${describe(machine)}.`,
    ...results.flatMap(({ name, role, user, system, hot }) => [
      '',
      `**${name}, ${role}**: ${user.toFixed(2)} s/GB in the program, ${system.toFixed(2)} s/GB in the kernel`,
      '',
      ...markdownTable(
        ['function', 'of busy time'],
        hot.slice(0, HOT).map((one) => [`\`${one.name}\` ${one.file}`, `${(100 * one.part).toFixed(1)} %`]),
      ),
    ]),
  ]
}

/** How memory and idleness are. */
export function soakSection({ machine, results }: Report<SoakResult>): string[] {
  const rows = results.flatMap(({ name, throughput, ends, idleCpu }) =>
    ends.map(({ resident, trend }, index) => [
      `${name} ${index === 0 ? 'near' : 'far'}`,
      throughput.toFixed(0),
      ...[resident[0]!, resident.at(-1)!, Math.max(...resident)].map((mb) => mb.toFixed(1)),
      trend.toFixed(0),
      idleCpu.toFixed(2),
    ]),
  )
  const titles = ['end', 'Mbit/s', 'MB first', 'MB last', 'MB most', 'trend KB/min', 'idle CPU s in 30 s']
  return [`${describe(machine)}; ${results[0]?.seconds ?? 0} s each.`, '', ...markdownTable(titles, rows)]
}

/** What many peers cost. */
export function peersSection({ machine, results }: Report<PeersResult>): string[] {
  return [`${describe(machine)}.`, '', ...markdownTable(PEERS_TITLES, results.map(rowOf))]
}

function describe({ cpu, cores, kernel, node, openssl, commit, date }: Machine): string {
  const version = commit === undefined ? '' : `, Qanat ${commit}`
  return `${date.slice(0, 10)}, ${cpu}, ${cores} cores, Linux ${kernel}, Node ${node} (OpenSSL ${openssl})${version}`
}
