import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { roundTripsOf } from '../../../bench/measure/ping.js'
import { INNER, REACHED } from '../../../lab/lab.js'
import { FRONT_ENDS, startFrontEnd } from '../../../lab/servers/front-ends.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupCertificate } from '../../support/e2e/labs/group-certificate.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

/** Posts take several times the work of other carriers: few are enough to need many of them, each way at once. */
const COPY_BYTES = 500_000
const PINGS = 50
/** Pings that come one by one: what holds back the end of what it passes on holds back each. */
const LONE_PINGS = { count: 4, seconds: 0.25 } as const
/** Milliseconds. HAProxy holds the end of a chunked answer back for 200. */
const PROMPT = 100
/** Milliseconds for all of a test, on a busy machine. */
const LIMIT = 120_000
const [NEAR, FAR] = INNER.ipv4
const PORT = 4433
const KEY = ['-k', randomBytes(32).toString('base64')]

describeWhere(
  [
    ...(['root', '/dev/net/tun', 'program ip', 'program ping', 'program openssl'] as const),
    ...FRONT_ENDS.map((program) => `program ${program}` as const),
  ],
  'a tunnel over posts',
  () => {
    const lab = groupLab()
    const issued = groupCertificate(lab)

    for (const scheme of ['http', 'https'] as const) {
      it(
        `loses no ping over ${scheme}, and copies both ways at once`,
        async () => {
          const tls = ['--tls-cert', issued.certificate.certFile, '--tls-key', issued.certificate.keyFile]
          const endpoint = `${scheme}://${lab.far.ipv4}:${PORT}/tunnel`
          await startFar(endpoint, ...(scheme === 'https' ? tls : []))
          await startNear(endpoint, '--tls-ca', issued.authority.caFile)
          await carries()
        },
        LIMIT,
      )
    }

    for (const program of FRONT_ENDS) {
      it(
        `does so through ${program}, which holds nothing back, to what listens for WebSockets behind it`,
        async () => {
          const server = await startFrontEnd(program, PORT, lab.far)
          try {
            await startFar(`ws://127.0.0.1:${PORT}/tunnel`, '--trusted-proxy', '127.0.0.1')
            // It strips Upgrade, as others do; that is found out, too.
            const falls = program === 'nginx'
            const endpoint = `${falls ? 'ws' : 'http'}://${lab.far.ipv4}:${server.port}/tunnel`
            await startNear(endpoint, ...(falls ? ['--http-fallback'] : []))
            expect(await leastRoundTrip()).toBeLessThan(PROMPT)
            await carries()
          } finally {
            await server.stop()
          }
        },
        LIMIT,
      )
    }

    async function startFar(endpoint: string, ...options: string[]): Promise<void> {
      await lab.far.qanat(FAR, NEAR, ...KEY, '--listen', endpoint, ...options).line('listening')
    }

    async function startNear(endpoint: string, ...options: string[]): Promise<void> {
      const near = lab.near.qanat(NEAR, FAR, ...KEY, '--proxy', 'none', '-p', endpoint, ...options)
      await near.line(REACHED)
    }

    async function leastRoundTrip(): Promise<number> {
      const { count, seconds } = LONE_PINGS
      const report = await lab.near.run('ping', '-n', '-c', String(count), '-i', String(seconds), FAR)
      return Math.min(...roundTripsOf(report.split('\n')))
    }

    async function carries(): Promise<void> {
      expect(await lossOf(lab.near, FAR, PINGS)).toBe('0%')
      await Promise.all([copy(lab.near, lab.far, NEAR, COPY_BYTES), copy(lab.far, lab.near, FAR, COPY_BYTES)])
    }
  },
)
