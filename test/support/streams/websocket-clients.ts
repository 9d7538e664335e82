import { once } from 'node:events'
import net from 'node:net'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { ThrottledWarnings } from '../../../src/core/api/throttled-warnings.js'
import type { Listener } from '../../../src/core/api/transport.js'
import type { WebSocketSettings } from '../../../src/core/settings/option-groups.js'
import { UnauthenticatedLinks } from '../../../src/transports/streams/unauthenticated-links.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../after-test.js'
import { eventually } from '../eventually.js'
import { type StreamWay, testParts } from './stream-test-parts.js'

/** The headers of the example in RFC 6455 section 1.3. */
export const UPGRADE =
  'Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n'
/** What whoever does not ask for the tunnel is answered. */
export const NOT_FOUND =
  /^HTTP\/1\.1 404 Not Found\r\n.*\r\n\r\n<!doctype html>\n<title>404 Not Found<\/title>\n<h1>Not Found<\/h1>\n$/s

export interface Client extends net.Socket {
  /** All that came, once it contains `until` or the connection is closed. */
  text(until?: string): Promise<string>
  /** The first bytes that came. They are taken out. */
  bytes(count: number): Promise<Buffer>
}

/** How it listens. */
export interface ListenForWebSockets {
  readonly native: StreamWay['native']
  readonly websocket?: WebSocketSettings
  readonly log?: Logger
  /** The query of the endpoint to listen at, with its question mark. */
  readonly query?: string
}

/** Listens at `/tunnel` of a port of loopback. */
export async function listenForWebSockets({
  native,
  websocket = {},
  log = silentLogger,
  query = '',
}: ListenForWebSockets) {
  const clock = new VirtualClock()
  const received = new Recorder()
  const unauthenticatedLinks = new UnauthenticatedLinks(clock)
  const transport = new WebSocketTransport(
    { localPort: 0, websocket },
    testParts({ native, clock, log, unauthenticatedLinks, warnings: new ThrottledWarnings(log) }),
  )
  const listener: Listener = await transport.listen(new URL(`ws://127.0.0.1:0/tunnel${query}`), received)
  afterTest(() => listener.close())
  const connect = async (localAddress = '127.0.0.1'): Promise<Client> => {
    const path = listener.endpoint.searchParams.get('unix')
    const port = Number(listener.endpoint.port)
    const socket = net.connect(path === null ? { host: '127.0.0.1', port, localAddress } : { path })
    afterTest(() => socket.destroy())
    let text = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      text = Buffer.concat([text, chunk])
    })
    await once(socket, 'connect')
    return Object.assign(socket, {
      async text(until?: string) {
        const over = () => socket.closed || (until !== undefined && text.includes(until))
        await eventually('the answer is there', over)
        return text.toString('latin1')
      },
      async bytes(count: number) {
        await eventually(
          `${count} bytes are there`,
          () => text.length,
          (length) => length >= count,
        )
        const bytes = text.subarray(0, count)
        text = text.subarray(count)
        return bytes
      },
    })
  }
  /** A client whose connection is a WebSocket already. `before` is what a front end writes first. */
  const upgraded = async (headers = '', before: string | Buffer = '') => {
    const client = await connect()
    if (before.length > 0) client.write(before)
    client.write(`GET /tunnel HTTP/1.1\r\n${UPGRADE}${headers}\r\n`)
    const answer = await client.text('\r\n\r\n')
    await client.bytes(answer.length)
    return client
  }
  return { clock, received, listener, connect, upgraded, unauthenticatedLinks }
}

/** A client's frame, masked with zeros. */
export function frame(opcode: number, payload: readonly number[]): Buffer {
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 0xff]
  return Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0, ...payload])
}
