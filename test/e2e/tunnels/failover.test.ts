import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { Firewall } from '../../support/e2e/firewall.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf, sessionsOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { Transfer } from '../../support/e2e/transfer.js'
import { eventually } from '../../support/eventually.js'
import { startSquid } from '../servers/squid.js'

const [NEAR, FAR] = INNER.ipv4
const KEY = ['-k', randomBytes(32).toString('base64')]
const SQUID_PORT = 3128
const LOGIN = { login: 'basic', user: 'user', password: 'secret' } as const

/**
 * Milliseconds without an answer while a carrier dies and another one takes over: 1 s of silence, three probes and a
 * connection, on a busy machine. Without probes it would be 15 s until the carrier counts as dead.
 */
const FAILOVER_LIMIT = 15_000
/** Milliseconds without an answer while a carrier that works is left for a better one. Nothing waits for a timer. */
const FAILBACK_LIMIT = 5_000
/** Milliseconds until the best endpoint is found again: it is tried every 5 s, by turns with the second. */
const RETURN_LIMIT = 40_000

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program squid', 'program openssl'],
  'a tunnel through a firewall that changes its mind',
  () => {
    const lab = groupLab()

    it('goes on by TCP, then by WebSocket through a proxy, and returns to UDP, while a transfer runs inside', async ({
      annotate,
    }) => {
      const host = lab.far.ipv4
      const endpoints = [`udp://${host}:1337`, `tcp://${host}:1338`, `ws://${host}:8080/tunnel`] as const
      const [udp, tcp, ws] = endpoints
      const squid = await startSquid({ ...LOGIN, host: lab.far, port: SQUID_PORT })
      try {
        const far = lab.far.qanat(FAR, NEAR, ...KEY, '--log-level', 'debug', ...each('--listen', endpoints))
        for (const endpoint of endpoints) await far.line(`"endpoint":"${endpoint}`)
        const near = lab.near.qanatWith(
          { HTTPS_PROXY: `http://user:secret@${host}:${SQUID_PORT}`, NO_PROXY: `${host}:1338` },
          ...[NEAR, FAR, ...KEY, ...each('-p', endpoints)],
        )
        await near.line(REACHED)
        const firewall = new Firewall(lab)
        const pings = new Pings(lab.near, FAR)
        const transfer = await Transfer.start(lab.far, lab.near, FAR)
        const gap = async (what: string, endpoint: string, change: Promise<void>, most = FAILOVER_LIMIT) => {
          const since = Date.now()
          await change
          await reached(near, endpoint, RETURN_LIMIT)
          await pings.firstAfter(Date.now())
          const longest = pings.longestGap(since)
          await annotate(`${what}: ${endpoint} after ${Date.now() - since} ms, longest gap ${longest} ms`)
          expect(longest).toBeLessThanOrEqual(most)
        }

        const noUdp = 'meta l4proto udp drop'
        const proxyOnly = [
          `tcp dport ${SQUID_PORT} accept`,
          `tcp sport ${SQUID_PORT} accept`,
          'meta l4proto tcp drop',
        ]
        await gap('UDP blocked', tcp, firewall.rules(noUdp))
        await gap('TCP blocked but for the proxy', ws, firewall.rules(noUdp, ...proxyOnly))
        await gap('all allowed', udp, firewall.rules(), FAILBACK_LIMIT)
        await transfer.end()

        const lines = moves(near)
        expect(lines.slice(0, 5)).toEqual([
          `peer is reached: ${udp}: it comes first`,
          `link lost: ${udp}: no answer`,
          `peer is reached: ${tcp}: those before it do not answer`,
          `link lost: ${tcp}: no answer`,
          `peer is reached: ${ws}: those before it do not answer`,
        ])
        expect(lines.at(-1)).toMatch(`peer is reached: ${udp}: it answers again and comes before `)
        expect(sessionsOf(far)).toBe(1)
      } finally {
        await squid.stop()
      }
    }, 90_000)

    it('starts by the second endpoint 3 s after the first was silent, and not when that is given up', async ({
      annotate,
    }) => {
      const endpoints = [`tcp://${lab.far.ipv4}:1337`, `tcp://${lab.far.ipv4}:1338`] as const
      const far = lab.far.qanat(FAR, NEAR, ...KEY, ...each('--listen', endpoints))
      for (const endpoint of endpoints) await far.line(`"endpoint":"${endpoint}`)
      await new Firewall(lab).rules('tcp dport 1337 drop')
      const near = lab.near.qanat(NEAR, FAR, ...KEY, ...each('-p', endpoints), '--log-level', 'debug')
      await near.line(REACHED)
      const log = logOf(near)
      const found = log.find(({ message }) => message === REACHED)!
      const began = (endpoint: string) => timeOf(log.find((line) => line.endpoint === endpoint)!)
      const times = [began(endpoints[1]), timeOf(found)].map((time) => time - began(endpoints[0]))
      await annotate(`tried alongside after ${times[0]} ms, up after ${times[1]} ms`)
      expect([found.endpoint, found.why]).toEqual([endpoints[1], 'those before it do not answer'])
      expect(times[0]).toBeGreaterThanOrEqual(2_990)
      expect(times[1]).toBeLessThan(10_000) // the limit of a connection
      const why = expect.stringMatching(
        /^Cannot dial .*:1337: the server did not accept a connection in \d s$/,
      )
      expect(log.filter(({ code }) => code === 'connect-silent')).toMatchObject([{ why }])
    }, 30_000)
  },
)

function each(option: string, values: readonly string[]): string[] {
  return values.flatMap((value) => [option, value])
}

/** Waits until an end's newest link is one to this endpoint. */
async function reached(end: Program, endpoint: string, limit?: number): Promise<void> {
  await eventually(
    `${endpoint} is reached`,
    () => logOf(end).findLast(({ message }) => message === REACHED)?.endpoint,
    endpoint,
    limit,
  )
}

function timeOf({ time }: ReturnType<typeof logOf>[number]): number {
  return new Date(time as string | number).getTime()
}

/** What moved where and why, a line each. */
function moves(end: Program): string[] {
  return logOf(end).flatMap(({ message, endpoint, remote, why }) =>
    message === REACHED || message === 'link lost' ? [`${message}: ${endpoint ?? remote}: ${why}`] : [],
  )
}
