import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { INNER, type LabHost, REACHED } from './lab.js'
import { logOf } from './log.js'
import { describeWhere } from './requirements.js'
import { RoutedLab } from './routed-lab.js'
import { Transfer } from './transfer.js'
import { until } from './until.js'

const KEY = ['-k', randomBytes(32).toString('base64')]
const DEVICE = 'tunnel0'
/** Bytes that the path is cut to. */
const CUT = 1300
/** Bytes of headers outside, and those of TCP inside, by family. */
const OUTSIDE = { ipv4: 28, ipv6: 48 } as const
const INSIDE = { ipv4: 40, ipv6: 60 } as const
/** Bytes that a sealed packet is larger than the packet. */
const ENVELOPE = 32
/** Milliseconds within which a transfer has to go on. */
const LIMIT = 60_000
/** Bytes that tell that a transfer goes on: more than may be under way when the path is cut. */
const GOING_ON = 4_000_000
/** Milliseconds that count as standing still. */
const STANDSTILL = 1_000

const families = ['ipv4', 'ipv6'] as const

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program nft', 'program tcpdump', 'program sysctl'],
  `a path that is cut to ${CUT} bytes, of which nobody is told`,
  () => {
    let lab: RoutedLab
    beforeEach(() => {
      lab = new RoutedLab()
    })
    afterEach(() => lab.remove())

    for (const outside of families) {
      for (const inside of families) {
        it(`lets a transfer over ${inside} inside and ${outside} outside go on, and clamps the MSS`, async ({
          annotate,
        }) => {
          const [near, far] = INNER[inside]
          const host = outside === 'ipv4' ? lab.far.ipv4 : `[${lab.far.ipv6}]`
          const device = ['--tun', DEVICE]
          const server = lab.far.qanat(far, near, ...KEY, ...device, '--listen', 'udp://[::]:1337')
          await server.line('listening')
          await lab.near.qanat(near, far, ...KEY, ...device, '-p', `udp://${host}:1337`).line(REACHED)
          const transfer = await Transfer.start(lab.far, lab.near, far)
          await received(lab.near, GOING_ON)

          const before = await receivedBytes(lab.near)
          const cutAt = Date.now()
          await lab.cut(CUT)
          await standsStill(lab.near)
          const stuck = await receivedBytes(lab.near)
          await received(lab.near, stuck + GOING_ON, LIMIT - (Date.now() - cutAt))
          await annotate(
            `${stuck - before} bytes came after the cut; the transfer went on after ${Date.now() - cutAt} ms`,
          )
          expect(Date.now() - cutAt).toBeLessThanOrEqual(LIMIT)
          await transfer.end()

          const most = CUT - OUTSIDE[outside] - ENVELOPE
          const sizes = [lab.near, lab.far].map((end) => segmentSizes(end))
          await Promise.all(sizes.map(({ ready }) => ready))
          const upload = await Transfer.start(lab.near, lab.far, near, 8001)
          await received(lab.far, GOING_ON, LIMIT)
          await upload.end()
          const mss = await Promise.all(sizes.map(({ first }) => first()))
          await annotate(`MSS ${mss.join(' and ')}; packets of ${most} bytes fit`)
          for (const size of mss) expect(size).toBeLessThanOrEqual(most - INSIDE[inside])
          for (const size of mss) expect(size).toBeGreaterThanOrEqual(most - INSIDE[inside] - 16)
          expect(logOf(server).some(({ msg }) => msg === 'path MTU changed')).toBe(true)
        }, 180_000)
      }
    }
  },
)

/** Bytes that came to a host by the tunnel. */
async function receivedBytes(host: LabHost): Promise<number> {
  return Number(await host.run('cat', `/sys/class/net/${DEVICE}/statistics/rx_bytes`))
}

async function received(host: LabHost, bytes: number, limit?: number): Promise<void> {
  await until(`${bytes} bytes came`, async () => (await receivedBytes(host)) >= bytes || undefined, limit)
}

/** Resolves once next to nothing came to a host for a while. */
async function standsStill(host: LabHost): Promise<void> {
  let last = { at: Date.now(), bytes: await receivedBytes(host) }
  await until('the transfer stands still', async () => {
    const bytes = await receivedBytes(host)
    if (bytes - last.bytes > 10_000) last = { at: Date.now(), bytes }
    return Date.now() - last.at > STANDSTILL || undefined
  })
}

/** The maximum segment sizes that connections announce which reach a host by the tunnel. */
function segmentSizes(host: LabHost) {
  const dump = host.start('tcpdump', ['-lni', DEVICE, '-Q', 'in', 'tcp'])
  return {
    ready: dump.line('listening on'),
    first: async () => Number(/mss (\d+)/.exec(await dump.line('mss ', 'stdout'))![1]),
  }
}
