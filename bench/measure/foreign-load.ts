import { readFileSync } from 'node:fs'

/** Milliseconds that are watched. */
const WATCHED = 500
/** Fields of the line `cpu` in /proc/stat in which nothing is done: idle and iowait. proc_stat(5) */
const IDLE_FIELDS = [3, 4]

/** The part of all cores, 0 to 1, that is busy while nothing of the benchmark runs: it spoils the figures. */
export async function foreignLoad(): Promise<number> {
  const before = readFileSync('/proc/stat', 'utf8')
  await new Promise((resolve) => setTimeout(resolve, WATCHED))
  return busyBetween(before, readFileSync('/proc/stat', 'utf8'))
}

/** The busy part of the time between two readings of /proc/stat. */
export function busyBetween(before: string, after: string): number {
  const [from, to] = [timesOf(before), timesOf(after)]
  const spent = to.map((ticks, field) => ticks - from[field]!)
  const all = spent.reduce((sum, ticks) => sum + ticks, 0)
  const idle = IDLE_FIELDS.reduce((sum, field) => sum + spent[field]!, 0)
  return all > 0 ? 1 - idle / all : 0
}

function timesOf(stat: string): number[] {
  return stat.slice(0, stat.indexOf('\n')).trim().split(/\s+/).slice(1, 9).map(Number) // guests are in user already
}
