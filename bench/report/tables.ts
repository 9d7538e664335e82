import { formatTable } from '../../src/cli/output/table.js'
import { type Figures, METRICS, type Metric } from '../measure/metrics.js'
import type { Results } from '../measure/results.js'

const NOTHING = '–'

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
      measured.map(({ name, median }) => [name, ...shown.map((metric) => formatFigure(metric, median))]),
    ),
  ]
  if (measured.some(({ name, ratio }) => name !== reference && Object.keys(ratio).length > 0)) {
    lines.push('', `As multiples of ${reference}'s, in the same run:`, '')
    const rows = measured
      .filter(({ name }) => name !== reference)
      .map(({ name, ratio }) => [name, ...shown.map(({ key }) => ratio[key]?.toFixed(2) ?? NOTHING)])
    lines.push(
      ...formatTable(
        columns(shown, ({ title }) => title),
        rows,
      ),
    )
  }
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
export function formatFigure({ key, digits }: Metric, figures: Figures): string {
  return figures[key]?.toFixed(digits) ?? NOTHING
}

function columns(metrics: readonly Metric[], title: (metric: Metric) => string) {
  return [{ title: 'system' }, ...metrics.map((metric) => ({ title: title(metric), numeric: true }))]
}
