import type { Machine } from './machine.js'
import { type Figures, METRICS, type MetricKey } from './metrics.js'
import { mean, median } from './statistics.js'
import { isCalm, type Readings } from './steal.js'

/** What one part of a round came to, by processes of its own. */
export interface Run {
  readonly round: number
  readonly readings: Readings
}

/** Medians over rounds, and how far those are apart. */
export interface Summary {
  readonly median: Figures
  /** The least and the largest of each. */
  readonly spread: Partial<Record<MetricKey, readonly [number, number]>>
  /** Those that rest on measurements of which too much was stolen, since there are no others. */
  readonly stolen: readonly MetricKey[]
}

/** What one system came to. */
export interface SystemResult extends Summary {
  readonly name: string
  readonly summary: string
  /** Why it was not measured: the programs that are missing, and how to get them. */
  readonly missing?: string
  readonly runs: readonly Run[]
  /** Multiples of the reference's figures, round by round. */
  readonly ratio: Summary
}

/** All that one run of the benchmark came to; the form of `--json`. */
export interface Results {
  readonly machine: Machine
  /** Seconds of each transfer. */
  readonly seconds: number
  readonly repeat: number
  /** Whether only what the short tables show was measured. */
  readonly short: boolean
  /** The largest part of the cores, 0 to 1, that was busy with other things just before a part of a round. */
  readonly foreignLoad: number
  /** The system that ratios are taken against. */
  readonly reference: string
  readonly systems: readonly SystemResult[]
}

/** A value of one round. */
interface OfRound {
  readonly round: number
  readonly value: number
  readonly calm: boolean
}

/** The medians of each figure over the rounds that have it. */
export function summaryOf(runs: readonly Run[]): Summary {
  return summarize((key) => roundsOf(runs, key))
}

/** The medians of each figure as a multiple of the other's in the same round. */
export function ratiosOf(own: readonly Run[], others: readonly Run[]): Summary {
  return summarize((key) => {
    const references = new Map(roundsOf(others, key).map((one) => [one.round, one]))
    return roundsOf(own, key).flatMap(({ round, value, calm }) => {
      const reference = references.get(round)
      if (reference === undefined || reference.value <= 0) return []
      return [{ round, value: value / reference.value, calm: calm && reference.calm }]
    })
  })
}

/** A round in which a figure was taken more than once has their mean, of those of which little was stolen if there are any. */
function roundsOf(runs: readonly Run[], key: MetricKey): OfRound[] {
  const rounds = [...new Set(runs.map(({ round }) => round))]
  return rounds.flatMap((round) => {
    const all = runs.flatMap((run) => (run.round === round ? (run.readings[key] ?? []) : []))
    if (all.length === 0) return []
    const calm = all.filter(isCalm)
    const value = mean((calm.length > 0 ? calm : all).map((reading) => reading.value))
    return [{ round, value, calm: calm.length > 0 }]
  })
}

function summarize(ofRounds: (key: MetricKey) => readonly OfRound[]): Summary {
  const all: Figures = {}
  const spread: Record<string, readonly [number, number]> = {}
  const stolen: MetricKey[] = []
  for (const { key } of METRICS) {
    const rounds = ofRounds(key)
    const calm = rounds.filter((one) => one.calm)
    const values = (calm.length > 0 ? calm : rounds).map(({ value }) => value)
    if (values.length === 0) continue
    all[key] = median(values)
    spread[key] = [Math.min(...values), Math.max(...values)]
    if (calm.length === 0) stolen.push(key)
  }
  return { median: all, spread, stolen }
}
