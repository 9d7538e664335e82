import { type Lab, type LabHost, REACHED } from './lab.js'
import type { Program } from './program.js'

/** What every tunnel of these tests is sealed with. */
export const XOR = ['-k', '1234ABCD', '--cipher', 'xor']

const PINGS = 200

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

/** The part of pings that got no answer, as ping writes it. */
export async function lossOf(host: LabHost, address: string): Promise<string | undefined> {
  const report = await host.run('ping', '-q', '-c', String(PINGS), '-i', '0.002', '-W', '2', address)
  return /(\S+) packet loss/.exec(report)?.[1]
}
