import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { INNER, REACHED } from '../../../lab/lab.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/labs/copy.js'
import { groupCertificate } from '../../support/e2e/labs/group-certificate.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { startNginx } from '../servers/nginx.js'
import { startMicrosocks } from '../servers/socks.js'
import { startSquid } from '../servers/squid.js'

/** More than all queues and buffers on the way hold, and few enough to leave time for other tests. */
const COPY_BYTES = 30_000_000
/** Milliseconds for a copy in both directions at once, on a busy machine. */
const COPY_LIMIT = 120_000
const [NEAR, FAR] = INNER.ipv4
const PORT = 4433
const SQUID_PORT = 3128
const KEY = ['-k', randomBytes(32).toString('base64')]

describeWhere(
  [
    ...(['root', '/dev/net/tun', 'program ip', 'program ping'] as const),
    ...(['program openssl', 'program squid', 'program nginx', 'program microsocks'] as const),
  ],
  'a tunnel over connections',
  () => {
    const lab = groupLab()
    const issued = groupCertificate(lab)

    for (const scheme of ['tcp', 'ws', 'wss'] as const) {
      it(
        `loses no ping over ${scheme}, and copies 30 MB both ways at once`,
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

    it(
      'does so over tcp through a SOCKS5 proxy with a password',
      async () => {
        const socks = await startMicrosocks('user', 'secret', lab.far)
        try {
          await connect('tcp', '--proxy', `socks5://user:secret@${lab.far.ipv4}:${socks.port}`)
          expect(await lossOf(lab.near, FAR)).toBe('0%')
          await copyBothWays()
        } finally {
          await socks.stop()
        }
      },
      COPY_LIMIT,
    )

    it(
      'does so over wss through squid with a password, to nginx, to a server behind it',
      async () => {
        const login = { login: 'basic', user: 'user', password: 'secret' } as const
        const squid = await startSquid({ ...login, host: lab.far, port: SQUID_PORT })
        const nginx = await startNginx(issued.certificate, '/tunnel', PORT, lab.far)
        try {
          await startFar(`ws://127.0.0.1:${PORT}/tunnel`, '--trusted-proxy', '127.0.0.1')
          const outside = `wss://${lab.far.ipv4}:${nginx.port}/tunnel`
          await startNear(outside, '--proxy', `http://user:secret@${lab.far.ipv4}:${SQUID_PORT}`)
          expect(await lossOf(lab.near, FAR)).toBe('0%')
          await copyBothWays()
        } finally {
          await nginx.stop()
          await squid.stop()
        }
      },
      COPY_LIMIT,
    )

    async function connect(scheme: string, ...options: string[]): Promise<void> {
      const path = scheme === 'tcp' ? '' : '/tunnel'
      const tls =
        scheme === 'wss'
          ? ['--tls-cert', issued.certificate.certFile, '--tls-key', issued.certificate.keyFile]
          : []
      const endpoint = `${scheme}://${lab.far.ipv4}:${PORT}${path}`
      await startFar(endpoint, ...tls)
      await startNear(endpoint, ...options)
    }

    async function startFar(endpoint: string, ...options: string[]): Promise<void> {
      await lab.far.qanat(FAR, NEAR, ...KEY, '--listen', endpoint, ...options).line('listening')
    }

    async function startNear(endpoint: string, ...options: string[]): Promise<void> {
      const near = lab.near.qanat(
        NEAR,
        FAR,
        ...KEY,
        '-p',
        endpoint,
        '--tls-ca',
        issued.authority.caFile,
        ...options,
      )
      await near.line(REACHED)
    }

    async function copyBothWays(): Promise<void> {
      await Promise.all([copy(lab.near, lab.far, NEAR, COPY_BYTES), copy(lab.far, lab.near, FAR, COPY_BYTES)])
    }
  },
)
