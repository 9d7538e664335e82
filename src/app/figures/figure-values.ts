import { hint } from '../../config/check/suggest.js'
import type { Figure, Figures, FiguresHelper } from '../../core/figures/figure.js'
import { valuesOf } from './figures-check.js'

/** A value of a figure. */
export interface FigureValue {
  /** What tells it apart from the figure's others; empty if it is the only one. */
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** What is known of a figure. */
export interface FigureStatus {
  readonly type: Figure['type']
  readonly unit: string
  /** Those that the plugin told. */
  readonly values: readonly FigureValue[]
}

/** What is known of a plugin's figures, by name. */
export type PluginFigures = Readonly<Record<string, FigureStatus>>

type Labels = Readonly<Record<string, unknown>>

interface Kept {
  readonly figure: Figure
  /** By the labels' place among all combinations; NaN as long as nothing was told. */
  readonly values: Float64Array
}

const NO_LABELS: Labels = {}

/** The figures of a plugin in a tunnel. */
export class FigureValues implements FiguresHelper {
  readonly #plugin: string
  readonly #kept: ReadonlyMap<string, Kept>

  constructor(plugin: string, declared: Figures) {
    this.#plugin = plugin
    this.#kept = new Map(
      Object.entries(declared).map(([name, figure]) => [
        name,
        { figure, values: new Float64Array(valuesOf(figure)).fill(Number.NaN) },
      ]),
    )
  }

  add(name: string, by: number, labels: Labels = NO_LABELS): void {
    const { figure, values } = this.#find(name)
    if (figure.type === 'counter' && by < 0) throw wrong(name, `${by} is below 0, and it is a counter`)
    const place = placeOf(name, figure, labels)
    const before = values[place]!
    values[place] = finite(name, by, (Number.isNaN(before) ? 0 : before) + by)
  }

  set(name: string, to: number, labels: Labels = NO_LABELS): void {
    const { figure, values } = this.#find(name)
    if (figure.type === 'counter') throw wrong(name, 'it is a counter, which is added to')
    values[placeOf(name, figure, labels)] = finite(name, to, to)
  }

  /** What the plugin told until now. */
  told(): PluginFigures {
    const all = [...this.#kept].map(([name, { figure, values }]) => [name, statusOf(figure, values)])
    return Object.fromEntries(all)
  }

  #find(name: string): Kept {
    const found = this.#kept.get(name)
    if (found !== undefined) return found
    const known = [...this.#kept.keys()]
    if (known.length === 0) throw wrong(name, `plugin '${this.#plugin}' declares no figures`)
    throw wrong(name, `plugin '${this.#plugin}' declares no such figure; ${hint(name, known)}`)
  }
}

function statusOf({ labels = {}, type, unit }: Figure, values: Float64Array): FigureStatus {
  const told: FigureValue[] = []
  for (const [place, value] of values.entries()) {
    if (!Number.isNaN(value)) told.push({ labels: labelsAt(place, labels), value })
  }
  return { type, unit, values: told }
}

/** The place of labels among all combinations: the last label's values lie side by side. */
function placeOf(name: string, { labels: declared = {} }: Figure, given: Labels): number {
  let place = 0
  for (const label in declared) {
    const allowed = declared[label]!
    const at = Object.hasOwn(given, label) ? allowed.indexOf(given[label] as string) : -1
    if (at < 0) throw wrong(name, labelFault(label, allowed, given))
    place = place * allowed.length + at
  }
  for (const label in given) {
    if (!Object.hasOwn(declared, label)) throw wrong(name, unknownLabel(label, Object.keys(declared)))
  }
  return place
}

function labelsAt(place: number, declared: NonNullable<Figure['labels']>): Record<string, string> {
  const found: [string, string][] = []
  let rest = place
  for (const [label, allowed] of Object.entries(declared).reverse()) {
    found.unshift([label, allowed[rest % allowed.length]!])
    rest = Math.floor(rest / allowed.length)
  }
  return Object.fromEntries(found)
}

function labelFault(label: string, allowed: readonly string[], given: Labels): string {
  if (!Object.hasOwn(given, label)) return `the label '${label}' is missing; it may be ${allowed.join(', ')}`
  return `its label '${label}' is '${String(given[label])}'; it may be ${allowed.join(', ')}`
}

function unknownLabel(label: string, known: readonly string[]): string {
  return known.length === 0 ? 'it has no labels' : `it has no label '${label}'; ${hint(label, known)}`
}

function finite(name: string, given: number, value: number): number {
  if (Number.isFinite(value)) return value
  throw wrong(
    name,
    Number.isFinite(given) ? `the sum with ${given} is not finite` : `${String(given)} is not finite`,
  )
}

function wrong(name: string, why: string): Error {
  return new Error(`Cannot tell the figure '${name}': ${why}`)
}
