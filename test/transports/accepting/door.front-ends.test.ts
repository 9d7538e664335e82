import { statSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type Fields, silentLogger } from '../../../src/core/api/logger.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { STREAM_WAYS, type StreamWay, testParts } from '../../support/streams/stream-test-parts.js'
import {
  frame,
  type ListenForWebSockets,
  listenForWebSockets,
} from '../../support/streams/websocket-clients.js'

const TRUSTED = '?proxy-protocol=127.0.0.1'
const HEADER = 'PROXY TCP4 203.0.113.7 10.0.0.1 41234 443\r\n'
/** Version 2, from 2001:db8::9 and port 80. */
const HEADER_2 = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'),
  Buffer.from([
    0x21,
    0x21,
    0,
    36,
    0x20,
    1,
    0xd,
    0xb8,
    ...new Array(11).fill(0),
    9,
    ...new Array(16).fill(1),
    0,
    80,
    1,
    187,
  ]),
])
const LOCAL = Buffer.concat([HEADER_2.subarray(0, 12), Buffer.of(0x20), HEADER_2.subarray(13)])

/** How the connections of the test under way are carried. */
let carried: StreamWay['native']

describe.each(STREAM_WAYS)('Door $way, with the PROXY protocol', ({ native }) => {
  beforeEach(() => {
    carried = native
  })

  it('takes the client that a trusted front end names, of versions 1 and 2', async () => {
    const { received, upgraded } = await listen({ query: TRUSTED })
    for (const [before, remote] of [
      [HEADER, 'ws://203.0.113.7:41234'],
      [HEADER_2, 'ws://[2001:db8::9]:80'],
    ] as const) {
      const client = await upgraded('', before)
      client.write(frame(2, [1]))
      await eventually('the datagram arrives', () => received.arrivals.at(-1)?.link.remote, remote)
    }
    expect(received.arrivals.map(({ link }) => link.source.length)).toEqual([4, 16])
  })

  it('takes the front end itself where it speaks for itself, or does not know', async () => {
    const { received, upgraded } = await listen({ query: TRUSTED })
    for (const before of ['PROXY UNKNOWN\r\n', LOCAL]) {
      const client = await upgraded('', before)
      client.write(frame(2, [1]))
      await eventually('the datagram arrives', () => received.arrivals.length, 1)
      expect([...received.arrivals.pop()!.link.source]).toEqual([127, 0, 0, 1])
    }
  })

  it('reads a header however it is cut, and hands on all that follows it', async () => {
    const { received, connect } = await listen({ query: TRUSTED })
    const client = await connect()
    client.setNoDelay(true)
    for (const byte of HEADER_2) {
      client.write(Uint8Array.of(byte))
      await eventually('the byte is sent', () => client.writableLength, 0)
    }
    const request =
      'GET /tunnel HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
    client.write(Buffer.concat([Buffer.from(request), frame(2, [1, 2, 3])]))
    await eventually('the datagram arrives', () => received.arrivals.length, 1)
    expect(received.arrivals[0]!.link.remote).toBe('ws://[2001:db8::9]:80')
  })

  it('turns away whoever is no trusted front end, whatever it sends', async () => {
    const lines: string[] = []
    const log = {
      ...silentLogger,
      warn: (message: string, { why }: Fields = {}) => void lines.push(`${message}: ${why}`),
    }
    const { connect, unauthenticatedLinks } = await listen({ query: '?proxy-protocol=192.0.2.0/24', log })
    const client = await connect()
    client.write(HEADER)
    expect(await client.text()).toBe('')
    expect(unauthenticatedLinks.size).toBe(0)
    expect(lines).toEqual([
      'turned a connection away: it comes from no front end that may speak the PROXY protocol',
    ])
  })

  it('requires the header, whole within 3 s', async () => {
    const { clock, connect, unauthenticatedLinks } = await listen({ query: TRUSTED })
    const bare = await connect()
    bare.write('GET /tunnel HTTP/1.1\r\n')
    expect(await bare.text()).toBe('')
    const slow = await connect()
    slow.write(HEADER.slice(0, -1))
    await eventually('it is counted', () => unauthenticatedLinks.size, 1)
    clock.advance(2_999)
    await eventually('it is sent', () => slow.writableLength, 0)
    expect(slow.closed).toBe(false)
    clock.advance(1)
    await eventually('it is hung up on', () => slow.closed)
    expect([unauthenticatedLinks.size, clock.pending]).toEqual([0, 0])
  })

  it('counts clients by the addresses that it is told', async () => {
    const { connect, unauthenticatedLinks, upgraded } = await listen({ query: TRUSTED })
    for (let client = 1; client <= 20; client++) await upgraded('', HEADER.replace('113.7', `113.${client}`))
    expect(unauthenticatedLinks.closed.crowded).toBe(0)
    for (let times = 0; times < 15; times++) await upgraded('', HEADER)
    const last = await connect()
    last.write(HEADER)
    await eventually('it is hung up on', () => last.closed)
    expect(unauthenticatedLinks.closed.crowded).toBe(1)
  })

  it('serves tcp:// as well', async () => {
    const received = new Recorder()
    const clock = new VirtualClock()
    const transport = new TcpTransport({ localPort: 0 }, testParts({ native: carried, clock }))
    const listener = await transport.listen(new URL(`tcp://127.0.0.1:0${TRUSTED}`), received)
    afterTest(() => listener.close())
    const client = net.connect(Number(listener.endpoint.port), '127.0.0.1')
    afterTest(() => client.destroy())
    client.write(Buffer.concat([Buffer.from(HEADER), Buffer.of(0, 2, 8, 9)]))
    await eventually('the datagram arrives', () => received.arrivals.length, 1)
    expect(received.arrivals[0]!.link.remote).toBe('tcp://203.0.113.7:41234')
  })

  it('listens on a Unix socket, whose front end names clients by a header', async () => {
    const path = join(temporaryFolder(), 'front.sock')
    const { received, upgraded } = await listen({ query: `?unix=${path}&unix-mode=0600` })
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const clients = [
      await upgraded('X-Forwarded-For: 203.0.113.1\r\n'),
      await upgraded('X-Forwarded-For: 203.0.113.2\r\n'),
      await upgraded(),
    ]
    for (const [index, client] of clients.entries()) {
      client.write(frame(2, [index]))
      await eventually('the datagram arrives', () => received.arrivals.length, index + 1)
    }
    expect(received.arrivals.map(({ link }) => link.remote)).toEqual([
      'ws://203.0.113.1:1',
      'ws://203.0.113.2:2',
      'ws://unknown:3',
    ])
  })

  it('takes the PROXY protocol by a Unix socket, too', async () => {
    const path = join(temporaryFolder(), 'front.sock')
    const { received, upgraded } = await listen({ query: `?unix=${path}&proxy-protocol=127.0.0.1` })
    const client = await upgraded('X-Forwarded-For: 198.51.100.1\r\n', HEADER)
    client.write(frame(2, [1]))
    await eventually(
      'the datagram arrives',
      () => received.arrivals[0]?.link.remote,
      'ws://203.0.113.7:41234',
    )
  })

  it('listens on a Unix socket for tcp:// as well', async () => {
    const path = join(temporaryFolder(), 'front.sock')
    const received = new Recorder()
    const transport = new TcpTransport({ localPort: 0 }, testParts({ native: carried }))
    const listener = await transport.listen(new URL(`tcp://127.0.0.1:1337?unix=${path}`), received)
    afterTest(() => listener.close())
    for (const mark of [8, 9]) {
      const client = net.connect({ path })
      afterTest(() => client.destroy())
      client.write(Buffer.of(0, 1, mark))
      await eventually('the datagram arrives', () => received.marks.at(-1), mark)
    }
    expect(received.arrivals.map(({ link }) => link.remote)).toEqual([
      'tcp://127.0.0.1:1337:1',
      'tcp://127.0.0.1:1337:2',
    ])
  })

  it('refuses TLS on a Unix socket, and a path that is taken', async () => {
    const path = join(temporaryFolder(), 'front.sock')
    await listen({ query: `?unix=${path}` })
    await expect(listen({ query: `?unix=${path}` })).rejects.toThrow(/: somebody listens there already$/)
    const transport = new WebSocketTransport({ localPort: 0 }, testParts({ native: carried }))
    await expect(
      transport.listen(new URL(`wss://127.0.0.1:0/tunnel?unix=${path}2`), new Recorder()),
    ).rejects.toThrow(/needs a certificate|a Unix socket takes ws:\/\//)
  })
})

function listen(how: Omit<ListenForWebSockets, 'native'>) {
  return listenForWebSockets({ native: carried, ...how })
}
