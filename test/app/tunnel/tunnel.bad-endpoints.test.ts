import { createHash, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { beforeAll, expect, it } from 'vitest'
import { type Certificate, TestAuthority } from '../../../lab/certificates.js'
import { createContainer } from '../../../src/app/container.js'
import { Tunnel } from '../../../src/app/tunnel/tunnel.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { SOLE_PEER, type TunnelConfig } from '../../../src/core/api/config.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK } from '../../../src/core/injection/tokens.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import type { TlsSettings } from '../../../src/core/settings/option-groups.js'
import type { Clock } from '../../../src/core/time/clock.js'
import { CertificatePin } from '../../../src/transports/net/certificate-pin.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { handMadeServer } from '../../support/hand-made-server.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const KEY = Buffer.alloc(32, 7).toString('base64')
const SECRET = 'canary-password'
/** Characters of a line that a person reads. */
const MAX_LINE = 250
/** How much faster than the host's the client's clock goes, so that waiting for 3 s takes a tenth of one. */
const HASTE = 30

/** What the first endpoint of a client is. */
interface Bad {
  readonly endpoint: string
  /** `host:port` of a proxy that the endpoint is reached through, with the scheme and a login before it. */
  readonly proxy?: string
  readonly tls?: TlsSettings
}

/** By what is wrong: how the endpoint comes to be, and what the log says of it. */
type Case = readonly [what: string, make: () => Promise<Bad>, why: RegExp]

let authority: TestAuthority
beforeAll(() => {
  authority = new TestAuthority()
})

const UPGRADED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
const OK = 'HTTP/1.1 200 Connection established\r\n\r\n'
const LATE = /^no answer from \S+ in \d s: /
const FOREIGN = /^no answer from \S+ in \d s: something came, and none of it proves the peer: /
const SLOW_PROXY = /: the proxy \S+ began to answer CONNECT and did not finish in \d+ s$/
const LATE_PROXY = /: the proxy \S+ accepted the connection and did not answer CONNECT in \d+ s$/

const cases: readonly Case[] = [
  [
    'a TCP server that closes by a length of 0',
    tcp('\0\0'),
    /^the far end closed the connection before it proved to be the peer$/,
  ],
  ['a TCP server that is another kind of server', tcp('SSH-2.0-OpenSSH_9.2\r\n'), FOREIGN],
  ['a TCP server that says nothing', tcp(''), LATE],
  ['a WebSocket server that sends text', frames(0x81, 2, 0x68, 0x69), /: it sent text$/],
  [
    'a message above the limit',
    frames(0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0),
    /: it sent more than 65535 bytes$|Max payload/,
  ],
  ['a frame of a type that there is not', frames(0x8b, 0), /: it sent a frame of type 11$|invalid opcode/],
  [
    'a wrong path',
    web('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'),
    /: the server answered 404 Not Found$/,
  ],
  [
    'a wrong version',
    web('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'),
    /: the server answered 426 /,
  ],
  [
    'giant headers',
    web(`HTTP/1.1 101 Ok\r\nX: ${'a'.repeat(20_000)}`),
    /: the server sent an answer of more than 16384 bytes$/,
  ],
  [
    'an answer that is no HTTP',
    web('garbage\r\n\r\n'),
    /: the server sent something that is not HTTP \(HPE_\w+\)$/,
  ],
  [
    'an answer that does not end',
    web('HTTP/1.1 101 Sw'),
    /: the server began to answer the upgrade to WebSocket and did not finish in \d+ s$/,
  ],
  [
    'a server that speaks no TLS',
    web('HTTP/1.1 400 Bad Request\r\n\r\n', 'wss'),
    /: the answer is not TLS: another kind of server listens on that port/,
  ],
  [
    'a certificate that has expired',
    certificate('127.0.0.1', -1),
    /: its certificate expired on \d{4}-\d\d-\d\d$/,
  ],
  ['a certificate for another name', certificate('vpn.example'), /: its certificate is for another name: /],
  ['a certificate of an unknown authority', certificate('127.0.0.1', 2, () => ({})), /is not trusted here$/],
  [
    'a certificate that is not pinned',
    certificate('127.0.0.1', 2, () => ({ pin: pinOf(authority.issue('127.0.0.1')) })),
    /: its certificate, signed by '.+', does not match the pin$/,
  ],
  [
    'a proxy that loops 407',
    proxy(challenge('Digest realm="x", nonce="n", stale=true')),
    /keeps asking for a password$/,
  ],
  [
    'a proxy that refuses the password',
    proxy(challenge('Basic realm="x"')),
    /rejected the user name and the password$/,
  ],
  ['a proxy that wants NTLM', proxy(challenge('NTLM')), /wants a login by ntlm, .* run cntlm or px/],
  ['a proxy that forbids', proxy('HTTP/1.1 403 Forbidden\r\n\r\n'), /refused: 403 Forbidden$/],
  [
    'a proxy that cannot reach the server',
    proxy('HTTP/1.1 502 Bad Gateway\r\n\r\n'),
    /refused: 502 Bad Gateway$/,
  ],
  ['a proxy that says bytes behind its 200', proxy(`${OK}bytes`), /sent unexpected bytes after its answer$/],
  [
    'a proxy that answers garbage',
    proxy('\0\x01\x02\x03garbage\r\n\r\n'),
    /answered CONNECT by something that is not HTTP$/,
  ],
  [
    'a proxy whose headers do not end',
    proxy(`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}`),
    /sent an answer of more than 16384 bytes$/,
  ],
  [
    'a proxy that answers endlessly',
    proxy(endless('HTTP/1.1 100 Continue\r\n\r\n')),
    /sent more than 8 interim answers$|did not answer CONNECT in \d+ s$/, // time may pass sooner than it is read
  ],
  ['a proxy that answers a byte now and then', proxy(dripping(OK)), SLOW_PROXY],
  ['a proxy that says nothing', proxy(''), LATE_PROXY],
  [
    'a SOCKS proxy that answers garbage',
    proxy('HTTP/1.1 400 Bad Request', 'socks5'),
    /answered the greeting of SOCKS5 by something that is not SOCKS5$/,
  ],
  [
    'a SOCKS proxy that takes no password',
    proxy('\x05\xff', 'socks5'),
    /does not take a user name and a password$/,
  ],
  [
    'a SOCKS proxy that refuses',
    proxy('\x05\0\x05\x05\0\x01\0\0\0\0\0\0', 'socks5'),
    /refused with code 5: connection refused$/,
  ],
  ['a SOCKS proxy that stops in its answer', proxy('\x05\0\x05\0\0', 'socks5'), SLOW_PROXY],
]

describeWhere(['program openssl'], 'a client whose first endpoint is', () => {
  it.each(cases)('%s tells so in one line, and takes the next one', async (_what, make, why) => {
    const bad = await make()
    const { port } = await goodServer()
    const good = `tcp://127.0.0.1:${port}`
    const lines: { readonly message: string; readonly facts: Readonly<Record<string, unknown>> }[] = []
    const note = (message: string, facts = {}) => void lines.push({ message, facts })
    const log: Logger = { debug() {}, info: note, warn: note, error: note }
    await start(log, hasty, {
      ...config(bad.endpoint, good),
      transports: {
        groups: { tls: bad.tls ?? { ca: authority.ca } },
        proxy: bad.proxy
          ? { environment: { HTTPS_PROXY: bad.proxy, NO_PROXY: `127.0.0.1:${port}` } }
          : { url: 'none' },
      },
    })
    const endpoints = () =>
      lines.filter(({ message }) => /^(endpoint does not|peer is reached|link lost)/.test(message))
    await eventually('the next endpoint is reached', () => endpoints().at(-1)?.message, 'peer is reached')
    const lined = endpoints().map(({ message, facts }) => [
      message,
      String(facts.endpoint).replace(/\/(tunnel)?$/, ''),
    ])
    // On a busy machine the next one may be late by a clock that runs so fast.
    expect(
      lined.slice(
        0,
        lined.findIndex(([, endpoint]) => endpoint === good),
      ),
    ).toEqual([['endpoint does not answer', bad.endpoint.replace(/\/(tunnel)?$/, '')]])
    expect(lined.at(-1)).toEqual(['peer is reached', good])
    const told = String(endpoints()[0]!.facts.why)
    expect(told).toMatch(why)
    expect(told.length).toBeLessThanOrEqual(MAX_LINE)
    expect(told).not.toMatch(/\p{Cc}/u)
    expect(JSON.stringify(lines)).not.toContain(SECRET)
  })
})

/** The host's time, but faster. */
const hasty: Clock = {
  now: () => performance.now() * HASTE,
  wall: () => Date.now(),
  schedule(delay, callback) {
    const timer = setTimeout(callback, delay / HASTE)
    return { cancel: () => clearTimeout(timer) }
  },
}

function config(...endpoints: string[]): TunnelConfig {
  return {
    cipher: 'aes-256-gcm',
    key: KEY,
    peers: [
      { id: SOLE_PEER, allowed: EVERYTHING, endpoints: endpoints.map((endpoint) => new URL(endpoint)) },
    ],
    tunDriver: 'memory',
    tun: { name: undefined, mtu: 1420, addresses: [], routes: [] },
    listen: [],
    plugins: [],
  }
}

async function start(log: Logger, clock: Clock | undefined, settings: TunnelConfig): Promise<void> {
  const container = await createContainer(log, [])
  if (clock) container.register(CLOCK, { useValue: clock })
  const tunnel = await Tunnel.start(container, settings, new AbortController().signal)
  afterTest(() => tunnel.close())
}

/** The far end, at the client's second endpoint. */
async function goodServer(): Promise<{ port: string }> {
  let port = ''
  const note = (message: string, facts: { endpoint?: string } = {}) => {
    if (message === 'listening') port = new URL(facts.endpoint!).port
  }
  const log: Logger = { ...silentLogger, info: note as Logger['info'] }
  await start(log, undefined, { ...config(), listen: [new URL('tcp://127.0.0.1:0')] })
  return { port }
}

/** What a bad server says: all of it at once, or as it likes. */
type Saying = string | ((socket: Socket) => void)

function say(socket: Socket, saying: Saying): void {
  if (typeof saying === 'string') socket.write(saying, 'latin1')
  else saying(socket)
}

/** A server that says the same to each connection, without being asked or once it was asked by a request. */
async function badServer(saying: Saying, whenAsked?: RegExp): Promise<number> {
  const server = await handMadeServer((socket, received) => {
    if (whenAsked ? whenAsked.test(received) : received === '') say(socket, saying)
  })
  afterTest(() => server.close())
  return server.port
}

function tcp(saying: string) {
  return async (): Promise<Bad> => ({ endpoint: `tcp://127.0.0.1:${await badServer(saying)}` })
}

function web(saying: string, scheme = 'ws') {
  return async (): Promise<Bad> => {
    const asked = scheme === 'wss' ? /./s : /\r\n\r\n$/
    return { endpoint: `${scheme}://127.0.0.1:${await badServer(saying, asked)}/tunnel` }
  }
}

/** A WebSocket server of another make, that upgrades and then sends these bytes. */
function frames(...bytes: number[]) {
  return async (): Promise<Bad> => {
    const server = await handMadeServer((socket, received) => {
      const key = /Sec-WebSocket-Key: (\S+)\r\n.*\r\n\r\n/is.exec(received)?.[1]
      if (key === undefined || socket.bytesWritten > 0) return
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
      socket.write(`${UPGRADED}Sec-WebSocket-Accept: ${accept}\r\n\r\n`)
      socket.write(Uint8Array.from(bytes))
    })
    afterTest(() => server.close())
    return { endpoint: `ws://127.0.0.1:${server.port}/tunnel` }
  }
}

/** A server of ours with such a certificate. */
function certificate(name: string, days = 2, tls = (): TlsSettings => ({ ca: authority.ca })) {
  return async (): Promise<Bad> => {
    const { cert, key } = authority.issue(name, { days })
    const transport = new WebSocketTransport({ localPort: 0, tls: { cert, key } }, testParts())
    const listener = await transport.listen(new URL('wss://127.0.0.1:0/tunnel'), new Recorder())
    afterTest(() => listener.close())
    return { endpoint: listener.endpoint.href, tls: tls() }
  }
}

function proxy(saying: Saying, scheme = 'http') {
  return async (): Promise<Bad> => {
    const port = await badServer(saying, scheme === 'http' ? /\r\n\r\n$/ : /^.{3,4}$/s)
    return { endpoint: 'ws://vpn.invalid/tunnel', proxy: `${scheme}://user:${SECRET}@127.0.0.1:${port}` }
  }
}

function challenge(offer: string): string {
  return `HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: ${offer}\r\nContent-Length: 0\r\n\r\n`
}

function endless(text: string) {
  return (socket: Socket): void => {
    const more = () => {
      while (!socket.destroyed && socket.write(text));
    }
    socket.on('drain', more)
    more()
  }
}

function dripping(text: string) {
  return (socket: Socket): void => {
    let at = 0
    const timer = setInterval(() => socket.write(text[at++ % (text.length - 1)]!), 20)
    socket.once('close', () => clearInterval(timer))
  }
}

function pinOf({ cert }: Certificate): string {
  return CertificatePin.of(new X509Certificate(cert))
}
