import { busyBetween, readStat } from './proc-stat.js'

/** Milliseconds that are watched. */
const WATCHED = 500

/** The part of all cores, 0 to 1, that is busy while nothing of the benchmark runs: it spoils the figures. */
export async function foreignLoad(): Promise<number> {
  const before = readStat()
  await new Promise((resolve) => setTimeout(resolve, WATCHED))
  return busyBetween(before, readStat())
}
