import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import { beforeAll, expect, it } from 'vitest'
import { TestAuthority } from '../../../lab/certificates.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { isTransportError } from '../../../src/core/api/errors.js'
import type { Fields, Logger } from '../../../src/core/api/logger.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import type { Transport } from '../../../src/core/api/transport.js'
import { Attempt, type AttemptParts } from '../../../src/core/connector/attempt.js'
import { Peer } from '../../../src/core/peers/peers.js'
import { plainEgress } from '../../../src/transports/dialing/plain-egress.js'
import type { Egress } from '../../../src/transports/net/egress.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { UdpTransport } from '../../../src/transports/udp/udp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { silentSessions } from '../../support/core/silent-sessions.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { testParts } from '../../support/streams/stream-test-parts.js'

const SECRET = 'canary-password'
const OK = 'HTTP/1.1 200 Connection established\r\n\r\n'
const REQUEST = '\r\n\r\n'
/** The first byte of a ClientHello's record. RFC 8446 section 5.1 */
const HELLO = '\x16'
const hangs = () => new Promise<never>(() => {})

/** A server of which nothing comes any more at some point, and what it was sent. */
interface Silent {
  readonly port: number
  readonly sockets: readonly net.Socket[]
  received(): string
}

/** What dials into silence, and the sign that it is there. */
interface Case {
  readonly transport: Transport
  readonly endpoint: string
  readonly server?: Silent
  /** What the server was sent when it fell silent. */
  readonly sent?: string
}

type Row = readonly [
  what: string,
  step: string,
  limit: number,
  make: (clock: VirtualClock) => Promise<Case>,
  why: string,
]

let authority: TestAuthority
beforeAll(() => {
  authority = new TestAuthority()
})

/** PORT stands for the server's port in what is told. */
const rows: readonly Row[] = [
  [
    'a name server, over tcp',
    'name',
    5_000,
    async (clock) => ({ transport: tcp(clock, { resolve: hangs }), endpoint: 'tcp://vpn.example:1' }),
    'Cannot dial tcp://vpn.example:1: no name server told the address of vpn.example in 5 s',
  ],
  [
    'a name server, over udp',
    'name',
    5_000,
    async () => ({
      transport: new UdpTransport({ localPort: 0 }, hangs, hangs),
      endpoint: 'udp://vpn.example:1',
    }),
    'Cannot dial udp://vpn.example:1: no name server told the address of vpn.example in 5 s',
  ],
  [
    'a host that drops what comes',
    'connect',
    10_000,
    async (clock) => ({
      transport: tcp(clock, { connectTo: () => () => {} }),
      endpoint: 'tcp://127.0.0.1:1',
    }),
    'Cannot dial tcp://127.0.0.1:1: the server did not accept a connection in 10 s',
  ],
  [
    'a TCP server',
    'handshake',
    5_000,
    async (clock) => over(await silent(), clock, 'tcp'),
    'no answer from tcp://127.0.0.1:PORT in 5 s: it took the connection; wrong key, or does another program listen there?',
  ],
  [
    'a TLS server that is sent a ClientHello',
    'tls',
    10_000,
    async (clock) => ({ ...over(await silent(), clock, 'wss'), sent: HELLO }),
    'Cannot dial wss://127.0.0.1:PORT/door: the server accepted the connection and did not finish the TLS handshake in 10 s',
  ],
  [
    'an HTTP server that is asked to upgrade',
    'upgrade',
    10_000,
    async (clock) => ({ ...over(await silent(), clock, 'ws'), sent: REQUEST }),
    'Cannot dial ws://127.0.0.1:PORT/door: the server accepted the connection and did not answer the upgrade to WebSocket in 10 s',
  ],
  [
    'an HTTPS server that is asked to upgrade',
    'upgrade',
    10_000,
    async (clock) => ({ ...over(await silentTls(), clock, 'wss'), sent: REQUEST }),
    'Cannot dial wss://127.0.0.1:PORT/door: the server finished the TLS handshake and did not answer the upgrade to WebSocket in 10 s',
  ],
  [
    'a proxy that drops what comes',
    'connect',
    10_000,
    async (clock) => through('http', 1, tcp, clock, { connectTo: () => () => {} }),
    'Cannot dial tcp://vpn.invalid:7: the proxy http://127.0.0.1:1 did not accept a connection in 10 s',
  ],
  [
    'a proxy that is asked to CONNECT',
    'proxy',
    10_000,
    async (clock) => proxied(await silent(), 'http', clock),
    'Cannot dial wss://vpn.invalid/door: the proxy http://127.0.0.1:PORT accepted the connection and did not answer CONNECT in 10 s',
  ],
  [
    'a proxy that is sent a ClientHello',
    'tls',
    10_000,
    async (clock) => ({ ...proxied(await silent(), 'https', clock), sent: HELLO }),
    'Cannot dial wss://vpn.invalid/door: the proxy https://127.0.0.1:PORT accepted the connection and did not finish the TLS handshake in 10 s',
  ],
  [
    'a SOCKS proxy',
    'proxy',
    10_000,
    async (clock) => ({ ...proxied(await silent(), 'socks5', clock), sent: '\x05' }),
    'Cannot dial wss://vpn.invalid/door: the proxy socks5://127.0.0.1:PORT accepted the connection and did not answer the greeting of SOCKS5 in 10 s',
  ],
  [
    'the TLS server behind a proxy',
    'tls',
    10_000,
    async (clock) => ({ ...proxied(await silent(OK), 'http', clock), sent: `${REQUEST}${HELLO}` }),
    'Cannot dial wss://vpn.invalid/door: the proxy http://127.0.0.1:PORT connected to the server, which did not finish the TLS handshake in 10 s',
  ],
]

describeWhere(['program openssl'], 'an attempt', () => {
  it('tells a sentence of its own wherever it may wait', () => {
    expect(new Set(rows.map(([, , , , why]) => why)).size).toBe(rows.length)
  })

  it.each(rows)(
    'gives up %s that falls silent at "%s" after %i ms, and says so',
    async (_what, step, limit, make, why) => {
      const clock = new VirtualClock()
      const { endpoint, sent = '', server, transport } = await make(clock)
      const peer = new Peer('far')
      const begun: Fields[] = []
      const log: Logger = { ...silentLogger, debug: (_message, fields) => void begun.push(fields!) }
      const told: Error[] = []
      let isOver = false
      const dial: AttemptParts['dial'] = (to, wait) =>
        transport.dial(to, new Recorder(), wait).finally(() => {
          isOver = true
        })
      const attempt = new Attempt(
        {
          ...{ peer, clock, log, sessions: silentSessions, run: (work: () => void) => work() },
          dial,
          traits: ({ protocol }) => ({ kind: protocol === 'udp:' ? 'datagram' : 'stream' }),
        },
        new URL(endpoint),
        'search',
        { succeeded: () => {}, failed: (error) => void told.push(error) },
      )
      afterTest(() => attempt.cancel())
      await eventually('it waits', () => peer.connecting?.name, step)
      if (server !== undefined) {
        await eventually(
          'the server is there',
          () => server.sockets.length > 0 && server.received().includes(sent),
        )
      }
      expect(peer.connecting).toMatchObject({ name: step, since: clock.now() })
      expect(begun.at(-1)).toMatchObject({ waitingFor: step, limitMs: limit })
      clock.advance(limit - 1)
      expect(told).toEqual([])
      clock.advance(1)
      expect(told.map(({ message }) => message.replaceAll(String(server?.port), 'PORT'))).toEqual([why])
      expect([isTransportError(told[0]), peer.connecting]).toEqual([true, undefined])
      if (server !== undefined) {
        await eventually('no connection is left', () => server.sockets.every(({ closed }) => closed))
      }
      await eventually('the dial is over', () => isOver)
      await eventually('no timer is left', () => clock.pending, 0)
      expect(JSON.stringify(begun)).not.toContain(SECRET)
    },
  )
})

function tcp(clock: VirtualClock, egress: Partial<Egress> = {}, settings = {}): Transport {
  return new TcpTransport(
    { localPort: 0, ...settings },
    testParts({ clock, egress: { ...plainEgress, ...egress } }),
  )
}

function webSocket(clock: VirtualClock, egress: Partial<Egress> = {}, settings = {}): Transport {
  return new WebSocketTransport(
    { localPort: 0, tls: { ca: authority.ca }, ...settings },
    testParts({ clock, egress: { ...plainEgress, ...egress } }),
  )
}

function over(server: Silent, clock: VirtualClock, scheme: 'tcp' | 'ws' | 'wss') {
  const path = scheme === 'tcp' ? '' : '/door'
  const transport = scheme === 'tcp' ? tcp(clock) : webSocket(clock)
  return { server, transport, endpoint: `${scheme}://me:${SECRET}@127.0.0.1:${server.port}${path}` }
}

function through(
  scheme: string,
  port: number,
  make: typeof tcp,
  clock: VirtualClock,
  egress: Partial<Egress> = {},
) {
  const url = new URL(`${scheme}://user:${SECRET}@127.0.0.1:${port}`)
  const endpoint = make === tcp ? 'tcp://vpn.invalid:7' : 'wss://vpn.invalid/door'
  return { endpoint, transport: make(clock, egress, { proxy: { url, ca: authority.ca } }) }
}

function proxied(server: Silent, scheme: string, clock: VirtualClock) {
  return { server, sent: REQUEST, ...through(scheme, server.port, webSocket, clock) }
}

/** A server that accepts, answers the first request if it has an answer, and is silent then. */
function silent(answer?: string): Promise<Silent> {
  return served(net.createServer(), 'connection', answer)
}

/** The same within TLS. */
function silentTls(): Promise<Silent> {
  return served(tls.createServer(authority.issue('127.0.0.1')), 'secureConnection')
}

async function served(server: net.Server, event: string, answer?: string): Promise<Silent> {
  const sockets: net.Socket[] = []
  let received = ''
  server.on(event, (socket: net.Socket) => {
    sockets.push(socket)
    let isAsked = false
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
      if (answer !== undefined && !isAsked && received.endsWith(REQUEST)) socket.write(answer)
      isAsked ||= received.endsWith(REQUEST)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterTest(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as net.AddressInfo).port, sockets, received: () => received }
}
