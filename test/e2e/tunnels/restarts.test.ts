import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { groupLab } from '../../support/e2e/group-lab.js'
import { sessionsOf } from '../../support/e2e/log.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { Transfer } from '../../support/e2e/transfer.js'
import type { Server } from '../servers/server.js'
import { startSquid } from '../servers/squid.js'

const [NEAR, FAR] = INNER.ipv4
const OPTIONS = ['-k', randomBytes(32).toString('base64'), '--log-level', 'debug']
const SQUID_PORT = 3128
const LOGIN = { login: 'digest', user: 'user', password: 'secret' } as const

/** Milliseconds that something is away: long enough for the pauses between attempts to grow. */
const OUTAGE = 2_000
/** Milliseconds from its return until packets pass. */
const STREAM_LIMIT = 2_000
const UDP_LIMIT = 20_000

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program squid', 'program openssl'],
  'a tunnel with a transfer inside',
  () => {
    const lab = groupLab()

    for (const [endpoint, limit] of [
      ['udp:1337', UDP_LIMIT],
      ['tcp:1338', STREAM_LIMIT],
      ['ws:8080/tunnel', STREAM_LIMIT],
    ] as const) {
      it(`over ${endpoint} goes on within ${limit / 1000} s after its server was killed and came back`, async ({
        annotate,
      }) => {
        const far = await startFar(endpoint)
        const near = await startNear(endpoint)
        const { pings, transfer } = await busy()
        await killed(far)
        await startFar(endpoint)
        const took = await pings.firstAfter(Date.now())
        await annotate(`packets pass ${took} ms after the server is back`)
        expect(took).toBeLessThanOrEqual(limit)
        expect(sessionsOf(near)).toBe(2)
        await transfer.end()
      })
    }

    it(`through squid goes on within ${STREAM_LIMIT / 1000} s after squid was killed, with no handshake, and after its server was`, async ({
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
        expect(proxyTook).toBeLessThanOrEqual(STREAM_LIMIT)
        expect(sessionsOf(near)).toBe(1)

        await killed(far)
        await startFar(endpoint)
        const serverTook = await pings.firstAfter(Date.now())
        await annotate(`packets pass ${serverTook} ms after the server is back`)
        expect(serverTook).toBeLessThanOrEqual(STREAM_LIMIT)
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
