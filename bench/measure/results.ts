import type { Machine } from './machine.js'
import { type Figures, METRICS } from './metrics.js'
import { median } from './statistics.js'

/** What one system came to. */
export interface SystemResult {
  readonly name: string
  readonly summary: string
  /** Why it was not measured: the programs that are missing, and how to get them. */
  readonly missing?: string
  /** One for each time that it was measured. */
  readonly runs: readonly Figures[]
  /** The median of each figure. */
  readonly median: Figures
  /** Each median as a multiple of the reference's, in the same run. */
  readonly ratio: Figures
}

/** All that one run of the benchmark came to; the form of `--json`. */
export interface Results {
  readonly machine: Machine
  /** Seconds of each transfer. */
  readonly seconds: number
  readonly repeat: number
  /** Whether only what the short tables show was measured. */
  readonly short: boolean
  /** The largest part of the cores, 0 to 1, that was busy with other things just before a system was measured. */
  readonly foreignLoad: number
  /** The system that ratios are taken against. */
  readonly reference: string
  readonly systems: readonly SystemResult[]
}

/** The median of each figure over the runs that have it. */
export function mediansOf(runs: readonly Figures[]): Figures {
  const medians: Figures = {}
  for (const { key } of METRICS) {
    const value = median(runs.map((run) => run[key]).filter((figure) => figure !== undefined))
    if (Number.isFinite(value)) medians[key] = value
  }
  return medians
}

/** Each figure as a multiple of the reference's. */
export function ratiosOf(figures: Figures, reference: Figures): Figures {
  const ratios: Figures = {}
  for (const { key } of METRICS) {
    const [own, others] = [figures[key], reference[key]]
    if (own !== undefined && others !== undefined && others > 0) ratios[key] = own / others
  }
  return ratios
}
