import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { INNER, Lab, type LabHost, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { XOR } from '../../support/e2e/connect.js'
import { Firewall } from '../../support/e2e/firewall.js'
import { RoutedLab } from '../../support/e2e/labs/routed-lab.js'
import { logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { Transfer } from '../../support/e2e/transfer.js'
import { eventually } from '../../support/eventually.js'

const KEY = ['-k', randomBytes(32).toString('base64')]
const DEVICE = 'tunnel0'
/** Bytes that the path is cut to. */
const CUT = 1300
/** Bytes that it is cut to one after another. */
const STEPS = (process.env.QANAT_MTU_STEPS ?? '1400,1290').split(',').map(Number)
/** Bytes of headers outside, and those of TCP inside, by family. */
const OUTSIDE = { ipv4: 28, ipv6: 48 } as const
const INSIDE = { ipv4: 40, ipv6: 60 } as const
/** Bytes that a sealed packet is larger than the packet. */
const ENVELOPE = 32
/** Bytes that a search may stay below what passes. */
const PRECISION = 8
/** Milliseconds within which a transfer has to go on. */
const LIMIT = 60_000
/** Bytes that tell that a transfer goes on. */
const GOING_ON = 4_000_000
/** Milliseconds that count as standing still. */
const STANDSTILL = 1_000
const MOMENT = 50
const TIMEOUT = 180_000

type Family = keyof typeof INSIDE
const families = ['ipv4', 'ipv6'] as const
/** Node alone can neither forbid that datagrams are cut nor allow it. */
const needs = ['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft'] as const

describeWhere(
  [...needs, 'program ping', 'program sysctl', 'program tcpdump'],
  `a path that a router cuts to ${CUT} bytes, of which nobody is told`,
  () => {
    let lab: RoutedLab
    beforeEach(() => {
      lab = new RoutedLab()
    })
    afterEach(() => lab.remove())

    for (const outside of families) {
      for (const inside of families) {
        it(
          `lets a transfer over ${inside} inside and ${outside} outside go on, and clamps the MSS`,
          async ({ annotate }) => {
            const server = await connect(lab, outside, inside)
            const resumed = await resumption(lab, INNER[inside], () => lab.cut(CUT))
            expect(logOf(server).some(({ message }) => message === 'path MTU changed')).toBe(true)
            const fits = CUT - OUTSIDE[outside] - ENVELOPE - INSIDE[inside]
            const announced = await announcedSizes(lab, INNER[inside][0])
            await annotate(
              `the transfer went on after ${resumed} ms; MSS ${announced.join(' and ')} where ${fits} fits`,
            )
            for (const size of announced) {
              expect(size).toBeLessThanOrEqual(fits)
              expect(size).toBeGreaterThanOrEqual(fits - PRECISION)
            }
          },
          TIMEOUT,
        )
      }
    }

    it(
      `lets one transfer go on while it becomes narrower, ${STEPS.join(', then ')} bytes`,
      async ({ annotate }) => {
        await connect(lab, 'ipv4', 'ipv4')
        const transfer = await Transfer.start(lab.far, lab.near, INNER.ipv4[1])
        for (const bytes of STEPS) {
          await received(lab.near, (await receivedBytes(lab.near)) + GOING_ON)
          const since = Date.now()
          await lab.cut(bytes)
          await standsStill(lab.near)
          await received(lab.near, (await receivedBytes(lab.near)) + GOING_ON, LIMIT)
          await annotate(`${bytes} bytes: the transfer went on after ${Date.now() - since} ms`)
        }
        await transfer.end()
      },
      STEPS.length * TIMEOUT,
    )

    it('lets routers cut what goes over IPv4 to a peer that answers no probes', async () => {
      const [near, far] = INNER.ipv4
      await lab.far.qanat(far, near, ...XOR, '--listen', 'udp://[::]:1337').line('listening')
      await lab.near.qanat(near, far, ...XOR, '-p', lab.far.ipv4).line(REACHED)
      await lab.cut(CUT, { fragments: true })
      await lab.near.run('ping', '-c', '3', '-i', '0.2', '-s', '1350', far)
    })
  },
)

describeWhere(
  [...needs, 'program ping', 'program sysctl'],
  `a packet filter that passes ${CUT} bytes, and takes a batch for one packet`,
  () => {
    let lab: Lab
    beforeEach(() => {
      lab = new Lab()
    })
    afterEach(() => lab.remove())

    for (const outside of families) {
      it(
        `lets a transfer over ${outside} outside go on`,
        async ({ annotate }) => {
          await connect(lab, outside, 'ipv4')
          const firewall = new Firewall(lab)
          const resumed = await resumption(lab, INNER.ipv4, () => firewall.rules(`meta length > ${CUT} drop`))
          await annotate(`the transfer went on after ${resumed} ms`)
        },
        TIMEOUT,
      )
    }
  },
)

/** Starts a tunnel over UDP, and returns the server. */
async function connect(lab: RoutedLab | Lab, outside: Family, inside: Family): Promise<Program> {
  // Small segments that arrive have TCP take a timeout for spurious (F-RTO, RFC 5682) and wait for half a minute more: with
  // that, it would be chance how long a transfer stands still.
  await lab.far.run('sysctl', '-qw', 'net.ipv4.tcp_frto=0')
  const [near, far] = INNER[inside]
  const host = outside === 'ipv4' ? lab.far.ipv4 : `[${lab.far.ipv6}]`
  const options = [...KEY, '--tun', DEVICE]
  const server = lab.far.qanat(far, near, ...options, '--listen', 'udp://[::]:1337')
  await server.line('listening')
  await lab.near.qanat(near, far, ...options, '-p', `udp://${host}:1337`).line(REACHED)
  return server
}

/**
 * Cuts the path while a transfer runs from the far end, and returns the milliseconds until it went on. Small packets that go
 * on meanwhile, as TCP's keepalives do, tell nothing of large ones.
 */
async function resumption(
  lab: RoutedLab | Lab,
  [near, far]: readonly [string, string],
  cut: () => Promise<void>,
): Promise<number> {
  const pings = lab.far.start('ping', ['-i', '0.5', near])
  const transfer = await Transfer.start(lab.far, lab.near, far)
  await received(lab.near, GOING_ON)
  const since = Date.now()
  await cut()
  await standsStill(lab.near)
  const stuck = await receivedBytes(lab.near)
  await received(lab.near, stuck + GOING_ON, LIMIT - (Date.now() - since))
  const after = Date.now() - since
  expect(after).toBeLessThanOrEqual(LIMIT)
  await transfer.end()
  pings.kill('SIGTERM')
  return after
}

/** What either end of a new connection announces as its largest segments, as the other one is told. */
async function announcedSizes(lab: RoutedLab, near: string): Promise<number[]> {
  const dumps = [lab.near, lab.far].map((host) => host.start('tcpdump', ['-lni', DEVICE, '-Q', 'in', 'tcp']))
  await Promise.all(dumps.map((dump) => dump.line('listening on')))
  const upload = await Transfer.start(lab.near, lab.far, near, 8001)
  await received(lab.far, GOING_ON, LIMIT)
  await upload.end()
  return Promise.all(
    dumps.map(async (dump) => Number(/mss (\d+)/.exec(await dump.line('mss ', 'stdout'))![1])),
  )
}

/** Bytes that came to a host by the tunnel, a moment later: to ask starts a program, for seconds on end. */
async function receivedBytes(host: LabHost): Promise<number> {
  await sleep(MOMENT)
  return Number(await host.run('cat', `/sys/class/net/${DEVICE}/statistics/rx_bytes`))
}

async function received(host: LabHost, bytes: number, limit?: number): Promise<void> {
  await eventually(
    `${bytes} bytes came`,
    () => receivedBytes(host),
    (received) => received >= bytes,
    limit,
  )
}

/** Resolves once next to nothing came to a host for a while. */
async function standsStill(host: LabHost): Promise<void> {
  let last = { at: Date.now(), bytes: await receivedBytes(host) }
  await eventually('the transfer stands still', async () => {
    const bytes = await receivedBytes(host)
    if (bytes - last.bytes > 10_000) last = { at: Date.now(), bytes }
    return Date.now() - last.at > STANDSTILL
  })
}
