import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { DRIVERS } from './drivers.js'
import { INNER, Lab, type LabHost, REACHED } from './lab.js'
import type { Program } from './program.js'
import { describeWhere } from './requirements.js'

const COPY_BYTES = 100_000_000
/** Milliseconds for a copy in both directions at once. */
const COPY_LIMIT = 60_000
const PINGS = 200

for (const [driver, needs] of DRIVERS) {
  describeWhere(
    ['root', '/dev/net/tun', 'program ip', 'program ping', ...needs],
    `a tunnel with the driver ${driver}`,
    () => {
      let lab: Lab
      beforeAll(() => {
        lab = new Lab()
      })
      afterEach(() => lab.clear())
      afterAll(() => lab.remove())

      it(
        'copies 100 MB over HTTP both ways at once, IPv4 inside',
        async () => {
          await connect(lab, INNER.ipv4, driver)
          await copyBothWays(lab, INNER.ipv4)
        },
        COPY_LIMIT,
      )

      it(
        'copies 100 MB over HTTP both ways at once, IPv6 inside',
        async () => {
          await connect(lab, INNER.ipv6, driver)
          await copyBothWays(lab, INNER.ipv6)
        },
        COPY_LIMIT,
      )

      it('loses no ping, IPv4 inside', async () => {
        await connect(lab, INNER.ipv4, driver)
        expect(await lossOf(lab.near, INNER.ipv4[1])).toBe('0%')
      })

      it('loses no ping, IPv6 inside', async () => {
        await connect(lab, INNER.ipv6, driver)
        expect(await lossOf(lab.far, INNER.ipv6[0])).toBe('0%')
      })
    },
  )
}

/** Both ends call each other, so that either may speak first, and use port 1337. */
async function connect(lab: Lab, [near, far]: readonly [string, string], driver: string): Promise<Program[]> {
  const options = ['-k', '1234ABCD', '--cipher', 'xor', '--tun-driver', driver]
  const ends = [
    lab.near.qanat('-p', lab.far.ipv4, near, far, ...options),
    lab.far.qanat('-p', lab.near.ipv4, far, near, ...options),
  ]
  await Promise.all(ends.map((end) => end.line(REACHED)))
  return ends
}

/** The part of pings that got no answer, as ping writes it. */
async function lossOf(host: LabHost, address: string): Promise<string | undefined> {
  const report = await host.run('ping', '-q', '-c', String(PINGS), '-i', '0.002', '-W', '2', address)
  return /(\S+) packet loss/.exec(report)?.[1]
}

async function copyBothWays({ near, far }: Lab, inner: readonly [string, string]): Promise<void> {
  await Promise.all([copy(near, far, inner[0]), copy(far, near, inner[1])])
}

/** Serves on one host at its inner address, fetches on the other one, and compares the hashes. */
async function copy(from: LabHost, to: LabHost, address: string): Promise<void> {
  const server = from.node('http-server.js', address, '8000', String(COPY_BYTES))
  await server.line('listening', 'stdout')
  const host = address.includes(':') ? `[${address}]` : address
  const received = await to.node('http-client.js', `http://${host}:8000/`).output(COPY_LIMIT)
  const sent = await server.line('sent', 'stdout')
  expect(received.replace('received', 'sent')).toBe(sent)
}
