import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../transports/certificates.js'
import { lossOf } from './connect.js'
import { copy } from './copy.js'
import { INNER, Lab, REACHED } from './lab.js'
import { describeWhere } from './requirements.js'
import { startSquid } from './servers/squid.js'

const COPY_BYTES = 100_000_000
/** Milliseconds for a copy in both directions at once, on a busy machine. */
const COPY_LIMIT = 120_000
const [NEAR, FAR] = INNER.ipv4
const PORT = 4433
const SQUID_PORT = 3128
const KEY = ['-k', randomBytes(32).toString('base64')]

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program openssl', 'program squid'],
  'a tunnel over connections',
  () => {
    let lab: Lab
    let authority: TestAuthority
    let certificate: Certificate
    beforeAll(() => {
      lab = new Lab()
      authority = new TestAuthority()
      certificate = authority.issue(lab.far.ipv4)
    })
    afterEach(() => lab.clear())
    afterAll(() => {
      lab.remove()
      authority.remove()
    })

    for (const scheme of ['tcp', 'ws', 'wss'] as const) {
      it(
        `loses no ping over ${scheme}, and copies 100 MB both ways at once`,
        async () => {
          await connect(scheme)
          expect(await lossOf(lab.near, FAR)).toBe('0%')
          await copyBothWays()
        },
        COPY_LIMIT,
      )
    }

    for (const scheme of ['ws', 'wss'] as const) {
      it(
        `does so over ${scheme} through squid with a password`,
        async () => {
          const login = { login: 'digest', user: 'user', password: 'secret' } as const
          const squid = await startSquid({ ...login, host: lab.far, port: SQUID_PORT })
          try {
            await connect(scheme, '--proxy', `http://user:secret@${lab.far.ipv4}:${SQUID_PORT}`)
            expect(await lossOf(lab.near, FAR)).toBe('0%')
            await copyBothWays()
          } finally {
            await squid.stop()
          }
        },
        COPY_LIMIT,
      )
    }

    async function connect(scheme: string, ...options: string[]): Promise<void> {
      const path = scheme === 'tcp' ? '' : '/tunnel'
      const tls =
        scheme === 'wss' ? ['--tls-cert', certificate.certFile, '--tls-key', certificate.keyFile] : []
      const endpoint = `${scheme}://${lab.far.ipv4}:${PORT}${path}`
      const far = lab.far.qanat(FAR, NEAR, ...KEY, '--listen', endpoint, ...tls)
      await far.line('listening')
      const near = lab.near.qanat(NEAR, FAR, ...KEY, '-p', endpoint, '--tls-ca', authority.caFile, ...options)
      await near.line(REACHED)
    }

    async function copyBothWays(): Promise<void> {
      await Promise.all([copy(lab.near, lab.far, NEAR, COPY_BYTES), copy(lab.far, lab.near, FAR, COPY_BYTES)])
    }
  },
)
