import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import tls from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../../../lab/certificates.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { asError } from '../../../src/core/api/errors.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { codeOf } from '../../../src/core/reasons/reason.js'
import type { TlsSettings } from '../../../src/core/settings/option-groups.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

/** SETTINGS of HTTP/2 as h2-only servers send them at once. RFC 9113 section 6.5 */
const HTTP2_SETTINGS = Buffer.from('000012040000000000000300000064000400100000000600004000', 'hex')

let authority: TestAuthority
let own: Certificate
beforeAll(() => {
  authority = new TestAuthority()
  own = authority.issue('127.0.0.1')
})

/** A server of OpenSSL itself at a free port. */
async function opensslServer(...options: string[]): Promise<number> {
  const files = ['-cert', own.certFile, '-key', own.keyFile]
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...files, ...options], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  afterTest(() => {
    server.kill('SIGKILL')
  })
  for await (const line of createInterface(server.stdout)) {
    const port = /^ACCEPT .*:(\d+)$/.exec(line)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error('openssl s_server ended')
}

async function listening(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const tlsServer = (options: tls.TlsOptions = {}, greet?: (socket: tls.TLSSocket) => void) => {
  const server = tls.createServer({ cert: own.cert, key: own.key, ...options }, (socket) => {
    socket.on('error', () => {})
    greet?.(socket)
  })
  server.on('tlsClientError', () => {})
  return listening(server)
}

interface Case {
  readonly what: string
  readonly server: () => Promise<number>
  readonly client?: () => TlsSettings
  readonly code: string
  readonly words: RegExp
}

const CASES: readonly Case[] = [
  {
    what: 'speaks HTTP/2 alone, and refuses the rest by an alert',
    server: () =>
      listening(http2.createSecureServer({ cert: own.cert, key: own.key }) as unknown as net.Server),
    code: 'tls-no-http',
    words:
      /it speaks no HTTP\/1\.1, which WebSocket takes \(alert "no application protocol"\): HTTP\/2 alone\?$/,
  },
  {
    what: 'speaks HTTP/2 whatever was agreed on',
    server: () =>
      tlsServer({ ALPNProtocols: ['http/1.1'] }, (socket) => {
        socket.write(HTTP2_SETTINGS)
      }),
    code: 'upgrade-http2',
    words: /the server speaks HTTP\/2 alone, and WebSocket takes HTTP\/1\.1$/,
  },
  {
    what: 'speaks plain HTTP',
    server: () =>
      listening(
        net.createServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      ),
    code: 'tls-plain',
    words: /the answer is not TLS: another kind of server listens on that port, such as one of plain HTTP$/,
  },
  {
    what: 'wants a certificate by TLS 1.3, after its handshake',
    server: () => opensslServer('-Verify', '1', '-verify_return_error'),
    code: 'tls-certificate-wanted',
    words: /it wants a certificate of this end, and was shown none$/,
  },
  {
    what: 'wants a certificate by TLS 1.2, amid its handshake',
    server: () => opensslServer('-Verify', '1', '-verify_return_error', '-tls1_2'),
    code: 'tls-nothing-in-common',
    words: /it and this end have no version or cipher of TLS in common \(alert "handshake failure"\)$/,
  },
  {
    what: 'trusts another authority than that of this end',
    server: () =>
      opensslServer('-Verify', '1', '-verify_return_error', '-CAfile', own.certFile, '-no-CApath'),
    client: () => ({ cert: own.cert, key: own.key }),
    code: 'tls-certificate-refused',
    words: /it does not accept the certificate of this end \(alert "unknown authority"\)$/,
  },
  {
    what: 'has no version that is safe',
    server: () => opensslServer('-tls1_1', '-cipher', 'DEFAULT:@SECLEVEL=0'),
    code: 'tls-nothing-in-common',
    words: /have no version or cipher of TLS in common \(alert "protocol version"\)$/,
  },
  {
    what: 'knows no host of that name',
    server: () =>
      opensslServer(
        '-servername',
        'front.example',
        '-servername_fatal',
        '-cert2',
        own.certFile,
        '-key2',
        own.keyFile,
      ),
    client: () => ({ serverName: 'other.example' }),
    code: 'tls-name-unknown',
    words: /it knows no host by the name that was requested \(SNI\)$/,
  },
  {
    what: 'breaks off for a fault of its own',
    server: () =>
      listening(
        net.createServer((socket) => socket.on('error', () => {}).end(Buffer.from('15030300020250', 'hex'))),
      ),
    code: 'tls-alert',
    words: /it ended the TLS handshake with the alert "internal error"$/,
  },
  {
    what: 'closes',
    server: () => listening(net.createServer((socket) => socket.on('error', () => {}).destroy())),
    code: 'tls-closed',
    words: /it closed the connection during the TLS handshake$/,
  },
]

describeWhere(['program openssl'], 'TLS that comes to nothing', () => {
  describe.each(STREAM_WAYS)('carried $way', ({ native }) => {
    it.each(CASES)('is told in words where the server $what', async ({ server, client, code, words }) => {
      const port = await server()
      const error = await refusalAt(port, native, { ca: authority.ca, ...client?.() })
      expect(error.message).toMatch(words)
      expect(error.message).toMatch(/^Cannot dial wss:\/\/127\.0\.0\.1:\d+: [^\n]+$/)
      expect(codeOf(error)).toBe(code)
    })
  })

  it('is told in the debug log of a listener whose certificate a client does not trust', async () => {
    const told: unknown[] = []
    const log = { ...silentLogger, debug: (_line: string, fields?: object) => told.push(fields) }
    const settings = { localPort: 0, tls: { cert: own.cert, key: own.key } }
    const transport = new WebSocketTransport(settings, testParts({ log }))
    const listener = await transport.listen(new URL('wss://127.0.0.1:0/'), new Recorder())
    afterTest(() => listener.close())
    const verify = ['-verify_return_error', '-CAfile', new TestAuthority().caFile, '-no-CApath']
    const client = spawn('openssl', ['s_client', '-connect', listener.endpoint.host, ...verify], {
      stdio: 'ignore',
    })
    await once(client, 'exit')
    const why = 'it ended TLS with the alert "unknown authority"'
    await eventually('the alert is told', () => told.length, 1)
    expect(told).toMatchObject([{ why }])
  })

  it('names the one of the chain that expired, and when', async () => {
    const chain = intermediate(-1)
    const error = await refusalAt(await tlsServer(chain), undefined, { ca: authority.ca })
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)
    expect(error.message).toMatch(
      new RegExp(`the certificate 'CN=Qanat intermediate' of its chain expired on ${yesterday}$`),
    )
    expect(codeOf(error)).toBe('chain-expired')
  })

  it('names who signed what is not trusted, also where the chain ends', async () => {
    const strangers = new TestAuthority()
    const told = async (options: tls.TlsOptions) =>
      (await refusalAt(await tlsServer(options), undefined, { ca: strangers.ca })).message
    const words = "its certificate is signed by 'CN=Qanat test', which is not trusted here"
    expect(await told(own)).toContain(words)
    expect(await told(intermediate(2))).toContain(words)
    expect(await told({ ...own, cert: own.cert + authority.ca })).toContain(words)
  })
})

/** A server's certificate of an intermediate authority that is valid for so many days. */
function intermediate(days: number): { readonly cert: string; readonly key: string } {
  const { folder } = authority
  const request = ['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const sign = ['x509', '-req', '-CAcreateserial', '-copy_extensions', 'copy']
  const constraint = ['-addext', 'basicConstraints=critical,CA:TRUE']
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1']
  authority.openssl(
    ...request,
    '-keyout',
    'mid.key',
    '-out',
    'mid.csr',
    '-subj',
    '/CN=Qanat intermediate',
    ...constraint,
  )
  authority.openssl(
    ...sign,
    '-in',
    'mid.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-days',
    `${days}`,
    '-out',
    'mid.pem',
  )
  authority.openssl(...request, '-keyout', 'end.key', '-out', 'end.csr', '-subj', '/CN=end', ...names)
  authority.openssl(
    ...sign,
    '-in',
    'end.csr',
    '-CA',
    'mid.pem',
    '-CAkey',
    'mid.key',
    '-days',
    '2',
    '-out',
    'end.pem',
  )
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { cert: text('end.pem') + text('mid.pem'), key: text('end.key') }
}

async function refusalAt(
  port: number,
  native: ReturnType<typeof testParts>['native'],
  client: TlsSettings,
): Promise<Error> {
  const transport = new WebSocketTransport({ localPort: 0, tls: client }, testParts({ native }))
  const endpoint = new URL(`wss://127.0.0.1:${port}/`)
  try {
    const link = await transport.dial(endpoint, new Recorder(), patient(AbortSignal.timeout(10_000)))
    await link.close()
  } catch (thrown) {
    return asError(thrown)
  }
  return new Error('it connected')
}
