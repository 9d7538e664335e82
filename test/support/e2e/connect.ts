import { type Lab, type LabHost, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'

/** What every tunnel of these tests is sealed with. */
export const XOR = ['-k', '1234ABCD', '--cipher', 'xor']

const PINGS = 200
/** Milliseconds for what pings take besides their intervals. */
const PATIENCE = 10_000

/**
 * Starts a tunnel whose ends call each other, so that either may speak first, both from port 1337 to port
 * 1337. Returns the near and the far end.
 */
export async function connect(
  lab: Lab,
  [near, far]: readonly [string, string],
  ...options: string[]
): Promise<[Program, Program]> {
  const ends: [Program, Program] = [
    lab.near.qanat('-p', lab.far.ipv4, near, far, ...XOR, ...options),
    lab.far.qanat('-p', lab.near.ipv4, far, near, ...XOR, ...options),
  ]
  await Promise.all(ends.map((end) => end.line(REACHED)))
  return ends
}

/**
 * The part of pings, each some seconds after the other, that got no answer, as ping writes it. With a deadline ping goes on until as
 * many are answered: without one it waits for the last only twice as long as for any before, which a busy machine exceeds.
 */
export async function lossOf(
  host: LabHost,
  address: string,
  count = PINGS,
  seconds = 0.002,
): Promise<string | undefined> {
  // On a busy machine a ping may take several times as long as it was to.
  const limit = PATIENCE + 4000 * count * seconds
  const deadline = String(Math.ceil(limit / 1000))
  const ping = host.start('ping', ['-n', '-c', String(count), '-i', String(seconds), '-w', deadline, address])
  const report = await ping.output(limit + PATIENCE)
  const numbers = [...report.matchAll(/icmp_seq=(\d+) .*time=/g)].map(([, number]) => Number(number))
  const answered = new Set(numbers.filter((number) => number <= count)).size
  return `${(100 * (count - answered)) / count}%`
}
