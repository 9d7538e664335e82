import { readFileSync } from 'node:fs'

/** Fields of the line `cpu` in /proc/stat. Guests, which follow, are in `user` already. proc_stat(5) */
const FIELDS = 8
const [IDLE, IOWAIT, STEAL] = [3, 4, 7]

/** /proc/stat as it is now. */
export function readStat(): string {
  return readFileSync('/proc/stat', 'utf8')
}

/** The part of all cores, 0 to 1, that was busy between two readings of /proc/stat. */
export function busyBetween(before: string, after: string): number {
  return partOf(before, after, (spent) => sum(spent) - spent[IDLE]! - spent[IOWAIT]!)
}

/**
 * The part of all cores' time, 0 to 1, between two readings of /proc/stat in which this machine had something to do and its
 * hypervisor let others run.
 */
export function stolenBetween(before: string, after: string): number {
  return partOf(before, after, (spent) => spent[STEAL]!)
}

function partOf(before: string, after: string, share: (spent: readonly number[]) => number): number {
  const [from, to] = [ticksOf(before), ticksOf(after)]
  const spent = to.map((ticks, field) => ticks - from[field]!)
  const all = sum(spent)
  return all > 0 ? share(spent) / all : 0
}

function sum(ticks: readonly number[]): number {
  return ticks.reduce((all, some) => all + some, 0)
}

function ticksOf(stat: string): number[] {
  const fields = stat
    .slice(0, stat.indexOf('\n'))
    .trim()
    .split(/\s+/)
    .slice(1, 1 + FIELDS)
  return Array.from({ length: FIELDS }, (_, field) => Number(fields[field] ?? 0))
}
