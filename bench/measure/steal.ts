import type { Figures, MetricKey } from './metrics.js'
import { readStat, stolenBetween } from './proc-stat.js'

/** The part of the cores' time that may be stolen during a measurement: beyond it the figure tells of the neighbours. */
export const MOST_STOLEN = 0.02
/** How often a measurement is repeated for that. */
export const REPEATS = 3

/** A figure, and how much was stolen while it was taken. */
export interface Reading {
  readonly value: number
  /** The part of all cores' time, 0 to 1. */
  readonly stolen: number
}

/** What a measurement came to. A figure that could not be had is absent. */
export type Readings = Partial<Record<MetricKey, Reading>>

/** Tells how much is stolen between looks. */
export class StealWatch {
  #before: string
  readonly #read: () => string

  /** @param read what to read in place of /proc/stat. */
  constructor(read = readStat) {
    this.#read = read
    this.#before = read()
  }

  /** The part of all cores' time, 0 to 1, that was stolen since the last look. */
  look(): number {
    const after = this.#read()
    const stolen = stolenBetween(this.#before, after)
    this.#before = after
    return stolen
  }
}

/** Figures with what was stolen from them. What is no number is left out. */
export function readingsOf(figures: Figures, stolen: number): Readings {
  const readings: Readings = {}
  for (const [key, value] of Object.entries(figures)) {
    if (Number.isFinite(value)) readings[key as MetricKey] = { value, stolen }
  }
  return readings
}

/** Whether so little was stolen that the figure counts. */
export function isCalm({ stolen }: Reading): boolean {
  return stolen <= MOST_STOLEN
}

/**
 * Measures, and does so again, `REPEATS` times at the most, while too much was stolen of one of the figures. Of each it keeps
 * the first that counts, or else the one of which least was stolen.
 *
 * @param say is told of each repetition.
 */
export async function calmly(
  measure: () => Promise<Readings>,
  say: (line: string) => void,
): Promise<Readings> {
  let best = await measure()
  for (let repeat = 1; repeat <= REPEATS; repeat++) {
    const stolen = Math.max(0, ...Object.values(best).map((reading) => reading.stolen))
    if (stolen <= MOST_STOLEN) break
    say(`  ${(100 * stolen).toFixed(1)} % stolen: measured again, ${repeat} of ${REPEATS}`)
    best = calmerOf(best, await measure())
  }
  return best
}

function calmerOf(first: Readings, second: Readings): Readings {
  const calmer = { ...second }
  for (const [key, reading] of Object.entries(first) as [MetricKey, Reading][]) {
    const other = second[key]
    if (other === undefined || isCalm(reading) || reading.stolen <= other.stolen) calmer[key] = reading
  }
  return calmer
}
