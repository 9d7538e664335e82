import type { MetricKey } from '../measure/metrics.js'
import { METRICS, type Metric } from '../measure/metrics.js'
import type { Results, SystemResult } from '../measure/results.js'
import { formatFigure } from './tables.js'

/** What is drawn, one panel each. */
const PANELS: readonly MetricKey[] = ['tcp', 'cpu', 'udp64', 'udp1200', 'idle50']

const WIDTH = 760
const NAME_WIDTH = 190
const FIGURE_WIDTH = 70
const ROW = 20
const BAR = 14
const PANEL_HEAD = 44
const TOP = 56

/** A chart of bars, as SVG that needs nothing else, readable on light and dark pages. */
export function chart(results: Results): string {
  const panels: string[] = []
  let y = TOP
  for (const key of PANELS) {
    const metric = METRICS.find((one) => one.key === key)!
    const rows = results.systems.filter(({ name, median }) => median[key] !== undefined && name !== 'bare')
    if (rows.length === 0) continue
    panels.push(panel(metric, rows, results.reference, y))
    y += PANEL_HEAD + rows.length * ROW
  }
  const { cpu, cores, kernel, node, date } = results.machine
  const about = `${cpu}, ${cores} cores, Linux ${kernel}, Node ${node}, ${date.slice(0, 10)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 12}" font-family="sans-serif" font-size="12">`,
    '<title>Qanat and others, both ends on one machine</title>',
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(16, 24, 'Qanat and others, both ends on one machine', 'font-size="16" font-weight="bold"'),
    text(16, 42, about, 'fill="#666666"'),
    ...panels,
    '</svg>',
    '',
  ].join('\n')
}

function panel(metric: Metric, systems: readonly SystemResult[], reference: string, top: number): string {
  const { key, unit, better, summary } = metric
  const longest = Math.max(...systems.map(({ median }) => median[key]!))
  const title = `${summary} (${unit}, ${better} is better)`
  const parts = [text(16, top + 24, title, 'font-weight="bold"')]
  const sorted = [...systems].sort((a, b) => {
    const difference = a.median[key]! - b.median[key]!
    return better === 'more' ? -difference : difference
  })
  let y = top + PANEL_HEAD - 10
  for (const { name, median } of sorted) {
    const width = Math.max(1, ((WIDTH - NAME_WIDTH - FIGURE_WIDTH) * median[key]!) / longest)
    const colour = name.startsWith('qanat') ? '#1f77b4' : name === reference ? '#d62728' : '#9a9a9a'
    parts.push(text(NAME_WIDTH - 8, y + 11, name, 'text-anchor="end"'))
    parts.push(
      `<rect x="${NAME_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${colour}"/>`,
    )
    parts.push(text(NAME_WIDTH + width + 6, y + 11, formatFigure(metric, median)))
    y += ROW
  }
  return parts.join('\n')
}

function text(x: number, y: number, content: string, attributes = ''): string {
  const escaped = content.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped}</text>`
}
