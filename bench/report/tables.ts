import { formatTable } from '../../src/cli/output/table.js'
import { type Figures, METRICS, type Metric } from '../measure/metrics.js'
import type { Results, Summary } from '../measure/results.js'
import { MOST_STOLEN, REPEATS } from '../measure/steal.js'
import { type Outcome, outcomesOf } from './targets.js'

const NOTHING = '–'
const STOLEN = `! more than ${100 * MOST_STOLEN} % of the processors' time was stolen in each of ${REPEATS + 1} measurements: do not trust it`

/** What it takes to write a figure. */
type Written = Pick<Metric, 'key' | 'digits'>

/** Lines for a terminal: the figures, the ratios, and what is missing. */
export function resultLines(results: Results): string[] {
  const { machine, reference, systems } = results
  const measured = systems.filter(({ runs }) => runs.length > 0)
  const shown = metricsOf(results)
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, Node ${machine.node}, ${machine.wireGuardGo}`,
    `${machine.date}; other things took up to ${percent(results.foreignLoad)} of the cores before a measurement`,
    '',
    ...formatTable(
      columns(shown, ({ title, unit }) => `${title} ${unit}`),
      measured.map((system) => [system.name, ...shown.map((metric) => withSpread(metric, system))]),
    ),
  ]
  if (measured.some(({ name, ratio }) => name !== reference && Object.keys(ratio.median).length > 0)) {
    lines.push('', `As multiples of ${reference}'s, in the same rounds:`, '')
    const rows = measured
      .filter(({ name }) => name !== reference)
      .map(({ name, ratio }) => [name, ...shown.map(({ key }) => withSpread({ key, digits: 2 }, ratio))])
    lines.push(
      ...formatTable(
        columns(shown, ({ title }) => title),
        rows,
      ),
    )
  }
  if (measured.some(({ stolen }) => stolen.length > 0)) lines.push('', STOLEN)
  const outcomes = outcomesOf(results)
  if (outcomes.length > 0) lines.push('', 'What must hold:', '', ...targetLines(outcomes))
  for (const { name, missing } of systems) if (missing !== undefined) lines.push('', `${name}: ${missing}`)
  return lines
}

/** A part of 1, for readers. */
export function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`
}

/** The metrics that at least one system has a figure of. */
export function metricsOf({ systems }: Results): Metric[] {
  return METRICS.filter(({ key }) => systems.some(({ median }) => median[key] !== undefined))
}

/** A figure with as many digits as it is worth. */
export function formatFigure({ key, digits }: Written, figures: Figures): string {
  return figures[key]?.toFixed(digits) ?? NOTHING
}

/** The same with half of what lies between its extremes, such as `812 ±3%`, and a mark if too much was stolen. */
function withSpread(metric: Written, { median, spread, stolen }: Summary): string {
  const [middle, extremes] = [median[metric.key], spread[metric.key]]
  if (middle === undefined || extremes === undefined) return NOTHING
  const mark = stolen.includes(metric.key) ? '!' : ''
  const half = (extremes[1] - extremes[0]) / 2 / Math.abs(middle)
  return `${formatFigure(metric, median)}${mark}${half > 0 ? ` ±${(100 * half).toFixed(0)}%` : ''}`
}

function targetLines(outcomes: readonly Outcome[]): string[] {
  const number = (value: number | undefined, digits: number) => value?.toFixed(digits) ?? NOTHING
  return formatTable(
    [
      { title: 'system' },
      { title: 'figure' },
      { title: 'as a multiple of' },
      ...['median', 'least', 'most', 'must', 'aim'].map((title) => ({ title, numeric: true })),
      { title: '' },
    ],
    outcomes.map(({ system, key, other, value, spread, bound, aim, verdict }) => {
      const metric = METRICS.find((one) => one.key === key)!
      const digits = other === undefined ? metric.digits : 2
      const numbers = [value, ...spread, bound, aim].map((one) => number(one, digits))
      return [system, metric.title, other ?? metric.unit, ...numbers, verdict]
    }),
  )
}

function columns(metrics: readonly Metric[], title: (metric: Metric) => string) {
  return [{ title: 'system' }, ...metrics.map((metric) => ({ title: title(metric), numeric: true }))]
}
