import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import type { Server } from '../../../lab/servers/server.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { logOf, sessionsOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { Transfer } from '../../support/e2e/transfer.js'
import { startSquid } from '../servers/squid.js'

const [NEAR, FAR] = INNER.ipv4
const OPTIONS = ['-k', randomBytes(32).toString('base64'), '--log-level', 'debug']
const SQUID_PORT = 3128
const LOGIN = { login: 'digest', user: 'user', password: 'secret' } as const

/** Milliseconds that something is away: long enough for the pauses between attempts to grow. */
const OUTAGE = 2_000
/** Milliseconds that the pauses between attempts may grow to meanwhile, as the log tells them. */
const LONGEST_PAUSE = 1_000
/** Milliseconds from its return until packets pass, on a busy machine. When it is quiet a stream takes less than 2 s. */
const LIMIT = 20_000

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program squid', 'program openssl'],
  'a tunnel with a transfer inside',
  () => {
    const lab = groupLab()

    for (const endpoint of ['udp:1337', 'tcp:1338', 'ws:8080/tunnel']) {
      it(`over ${endpoint} goes on soon after its server was killed and came back`, async ({ annotate }) => {
        const far = await startFar(endpoint)
        const near = await startNear(endpoint)
        const { pings, transfer } = await busy()
        await killed(far)
        await startFar(endpoint)
        const took = await pings.firstAfter(Date.now())
        await annotate(`packets pass ${took} ms after the server is back`)
        expect(took).toBeLessThanOrEqual(LIMIT)
        expectShortPauses(near, endpoint.startsWith('udp') ? 0 : 2)
        expect(sessionsOf(near)).toBe(2)
        await transfer.end()
      })
    }

    it('through squid goes on soon after squid was killed, with no handshake, and after its server was', async ({
      annotate,
    }) => {
      const endpoint = 'ws:8080/tunnel'
      let squid = await startProxy()
      try {
        const far = await startFar(endpoint)
        const near = await startNear(endpoint, `http://user:secret@${lab.far.ipv4}:${SQUID_PORT}`)
        const { pings, transfer } = await busy()
        await killed(squid)
        await squid.stop()
        squid = await startProxy()
        const proxyTook = await pings.firstAfter(Date.now())
        await annotate(`packets pass ${proxyTook} ms after the proxy is back`)
        expect(proxyTook).toBeLessThanOrEqual(LIMIT)
        expect(sessionsOf(near)).toBe(1)

        await killed(far)
        await startFar(endpoint)
        const serverTook = await pings.firstAfter(Date.now())
        await annotate(`packets pass ${serverTook} ms after the server is back`)
        expect(serverTook).toBeLessThanOrEqual(LIMIT)
        expectShortPauses(near, 4)
        expect(sessionsOf(near)).toBe(2)
        await transfer.end()
      } finally {
        await squid.stop()
      }
    })

    function startProxy(): Promise<Server> {
      return startSquid({ ...LOGIN, host: lab.far, port: SQUID_PORT })
    }

    async function startFar(endpoint: string): Promise<Program> {
      const far = lab.far.qanat(FAR, NEAR, ...OPTIONS, '--listen', endpoint.replace(':', '://[::]:'))
      await far.line('listening')
      return far
    }

    async function startNear(endpoint: string, proxy = 'none'): Promise<Program> {
      const url = endpoint.replace(':', `://${lab.far.ipv4}:`)
      const near = lab.near.qanat(NEAR, FAR, ...OPTIONS, '-p', url, '--proxy', proxy)
      await near.line(REACHED)
      return near
    }

    /** Sends pings one way and a transfer the other way. */
    async function busy(): Promise<{ pings: Pings; transfer: Transfer }> {
      const transfer = await Transfer.start(lab.far, lab.near, FAR)
      const pings = new Pings(lab.near, FAR)
      await pings.firstAfter(0)
      return { pings, transfer }
    }
  },
)

/** Kills something, and lets it be away. */
async function killed(victim: Program | Server): Promise<void> {
  await victim.kill('SIGKILL')
  await sleep(OUTAGE)
}

/** An end that had to pause between so many attempts or more never did for long: it finds soon what was only restarted. */
function expectShortPauses(end: Program, least: number): void {
  const pauses = logOf(end).flatMap(({ retryInMs }) => (retryInMs === undefined ? [] : [Number(retryInMs)]))
  expect(pauses.length).toBeGreaterThanOrEqual(least)
  for (const pause of pauses) expect(pause).toBeLessThanOrEqual(LONGEST_PAUSE)
}
