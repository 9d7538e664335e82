import type { LabHost } from '../../lab/lab.js'
import { percentile } from './statistics.js'

/** Seconds between pings: ten milliseconds, a cold and therefore honest rhythm. */
const INTERVAL = 0.01
/** Milliseconds that ping may take beyond its intervals. */
const PATIENCE = 60_000

/** Round trips, in milliseconds. */
export interface RoundTrips {
  readonly p50: number
  readonly p99: number
  readonly answered: number
}

/** Pings every 10 ms. */
export async function ping(host: LabHost, address: string, count: number): Promise<RoundTrips> {
  const args = ['-n', '-i', String(INTERVAL), '-c', String(count), '-W', '2', address]
  const program = host.start('ping', args)
  await program.ending(count * INTERVAL * 1000 * 3 + PATIENCE)
  const times = roundTripsOf(program.stdout)
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), answered: times.length }
}

/** Pings as fast as the answers come, which makes just-in-time compilers compile. */
export async function warm(host: LabHost, address: string, count: number): Promise<void> {
  await host.start('ping', ['-q', '-f', '-c', String(count), address]).ending(count * 20 + PATIENCE)
}

/** The times in what ping writes, such as `64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.25 ms`. */
export function roundTripsOf(lines: readonly string[]): number[] {
  const times: number[] = []
  for (const line of lines) {
    const time = /\btime=(\S+) ms/.exec(line)?.[1]
    if (time !== undefined) times.push(Number(time))
  }
  return times
}
