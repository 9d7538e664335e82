import { once } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import tls from 'node:tls'
import { TestAuthority } from '../lab/certificates.js'
import { generatePrivateKey } from '../src/ciphers/keys/keys.js'
import { MeasuredServer, OWN_LOOPBACK } from './measured-server.js'

/*
 * node dist/bench/slow-clients.js [CLIENTS [SCHEME…]]
 *
 * What a connection that has proven nothing costs a server process, by how far it has come: memory in use after
 * garbage collection (JavaScript's and malloc's), and what the process holds of the kernel (RSS). Openssl makes the
 * certificate.
 */

const CLIENTS = Number(process.argv[2] ?? 1_000)
const SCHEMES = process.argv.length > 3 ? process.argv.slice(3) : ['tcp', 'ws', 'wss']
/** Connections that come before those that are measured, and go again, to warm the server up; few, since what they leave is used again. */
const WARM_UP = 50
const PER_ADDRESS = 8
/** Connections that are opened at the same time, so that the backlog holds them. */
const AT_ONCE = 500
const PORT = 13371
/** Milliseconds until the server has dealt with what was sent. */
const SETTLING = 500
/** Bytes that those send who send a byte a second, here all in a row with a moment between. */
const DAWDLING = { bytes: 4, pause: 100 }
const REQUEST =
  'GET /tunnel HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
/** A whole record of TLS, as openssl's client sends it first. */
const HELLO = await clientHello()

type Client = net.Socket | tls.TLSSocket

/** How far a client goes before it falls silent. */
const STAGES: Readonly<
  Record<string, Readonly<Record<string, (socket: net.Socket) => Client | Promise<Client>>>>
> = {
  tcp: {
    'sends nothing': (socket) => socket,
    'sends a byte a second': (socket) => dawdle(socket, Buffer.of(5, 5, 5, 5)),
    'sends half a datagram': (socket) => said(socket, Buffer.of(5, 0x78, ...Buffer.alloc(700))),
    'sends half a super-packet': (socket) => said(socket, Buffer.of(0xff, 0xff, ...Buffer.alloc(65_534))),
  },
  ws: {
    'sends nothing': (socket) => socket,
    'sends a byte a second': (socket) => dawdle(socket, Buffer.from(REQUEST)),
    'sends half a request': (socket) => said(socket, REQUEST.slice(0, 100)),
    'sends half a head': (socket) => said(socket, MANY_HEADERS),
    'sends half a super-packet': async (socket) => said(await upgraded(socket), MOST_OF_A_MESSAGE),
    'sends half a message': async (socket) => said(await upgraded(socket), FRAGMENTS),
    'has upgraded': async (socket) => said(socket, REQUEST),
  },
  wss: {
    'sends nothing': (socket) => socket,
    'sends a byte a second': (socket) => dawdle(socket, HELLO),
    'sends half a ClientHello': (socket) => said(socket, HELLO.subarray(0, HELLO.length / 2)),
    'sends a ClientHello': (socket) => said(socket, HELLO),
    'has a TLS connection': secured,
    'sends half a request over TLS': async (socket) => said(await secured(socket), REQUEST.slice(0, 100)),
    'has upgraded': async (socket) => said(await secured(socket), REQUEST),
    'sends a super-packet but for a byte over TLS': async (socket) =>
      said(await upgraded(await secured(socket)), MOST_OF_A_MESSAGE),
    'sends fragments of a message over TLS': async (socket) =>
      said(await upgraded(await secured(socket)), FRAGMENTS),
  },
}
/** Clients of a stage in which they have begun with TLS: no more than a server lets in at once. */
const SECURED = 250
/** The stages of `wss` before that. */
const OUTSIDE_TLS = /^sends (nothing|a byte a second|half a ClientHello)$/
/** The beginning of a request, with as many headers as its bytes may hold. */
const MANY_HEADERS = `GET / HTTP/1.1\r\n${'ab:cd\r\n'.repeat(1_100)}`
/** A masked frame of 65,535 bytes without its last one. RFC 6455 section 5.2 */
const MOST_OF_A_MESSAGE = Buffer.of(0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0, ...Buffer.alloc(65_534))
/** Fragments of a message that does not end, as many and as long as a server takes. */
const FRAGMENTS = Buffer.concat(
  Array.from({ length: 15 }, (_, index) =>
    Buffer.of(index === 0 ? 2 : 0, 0xfe, 1, 0, 0, 0, 0, 0, ...Buffer.alloc(256)),
  ),
)

const authority = new TestAuthority()
const { cert, key } = authority.issue('localhost')
say(`carrier  a client that                          KiB in use   KiB of RSS   (of ${CLIENTS} clients)`)
for (const scheme of SCHEMES) {
  for (const [stage, reach] of Object.entries(STAGES[scheme]!)) await measure(scheme, stage, reach)
}
process.exit()

async function measure(
  scheme: string,
  stage: string,
  reach: (socket: net.Socket) => Client | Promise<Client>,
): Promise<void> {
  const path = scheme === 'tcp' ? '' : '/tunnel'
  const server = await MeasuredServer.start({
    privateKey: generatePrivateKey(),
    listen: `${scheme}://${OWN_LOOPBACK}:${PORT}${path}`,
    publicKeys: [],
    transports: {
      localPort: 0,
      groups: {
        tls: { cert, key },
        streams: { maxUnauthenticated: 100_000, unauthenticatedTimeout: 600_000 },
      },
    },
  })
  const { sockets: own } = await server.usage()
  /** Resolves once the server has as many connections as there are, and had the time to deal with what they sent. */
  const settled = async (clients: readonly Client[]) => {
    const connected = () => clients.filter(({ destroyed }) => !destroyed).length
    do await sleep(SETTLING)
    while ((await server.usage()).sockets !== own + connected())
  }
  const first = await open(WARM_UP, reach)
  await settled(first)
  for (const socket of first) socket.destroy()
  await settled(first)
  const before = await server.usage()
  const isSecured = scheme === 'wss' && !OUTSIDE_TLS.test(stage)
  const count = isSecured ? Math.min(CLIENTS, SECURED) : CLIENTS
  const clients = await open(count, reach)
  await settled(clients)
  const after = await server.usage()
  const each = (field: 'memory' | 'resident') => ((after[field] - before[field]) / 1024 / count).toFixed(1)
  say(
    `${scheme.padEnd(8)} ${stage.padEnd(38)} ${each('memory').padStart(10)} ${each('resident').padStart(12)}`,
  )
  const cut = clients.filter(({ destroyed }) => destroyed).length
  if (cut > 0) say(`         ${cut} of them were closed`)
  for (const socket of clients) socket.destroy()
  await server.stop()
}

async function open(
  count: number,
  reach: (socket: net.Socket) => Client | Promise<Client>,
): Promise<Client[]> {
  const clients: Client[] = []
  const numbers = Array.from({ length: count }, (_, index) => index).values()
  const one = async () => {
    for (const number of numbers) {
      const host = Math.floor(number / PER_ADDRESS)
      const localAddress = `127.1.${(host >> 8) & 255}.${host & 255}`
      const socket = net.connect({ host: OWN_LOOPBACK, port: PORT, localAddress, noDelay: true })
      await once(socket, 'connect')
      const client = await reach(socket)
      client.on('error', () => {}).resume()
      clients.push(client)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
  return clients
}

async function secured(socket: net.Socket): Promise<tls.TLSSocket> {
  const client = tls.connect({ socket, rejectUnauthorized: false })
  await once(client, 'secureConnect')
  return client
}

/** Resolves once the server has answered the request. */
async function upgraded<Some extends Client>(client: Some): Promise<Some> {
  client.write(REQUEST)
  await once(client, 'data')
  return client
}

function said<Some extends Client>(client: Some, words: string | Uint8Array): Some {
  client.write(words)
  return client
}

async function dawdle(socket: net.Socket, bytes: Uint8Array): Promise<net.Socket> {
  for (let at = 0; at < DAWDLING.bytes; at++) {
    socket.write(bytes.subarray(at, at + 1))
    await sleep(DAWDLING.pause)
  }
  return socket
}

async function clientHello(): Promise<Buffer> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connection = once(server, 'connection')
  const client = tls.connect({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port })
  client.on('error', () => {})
  const [socket] = (await connection) as [net.Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  server.close()
  return bytes
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
