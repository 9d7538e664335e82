import { once } from 'node:events'
import { beforeEach, describe, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { pattern, Recorder, sameBytes } from '../../../src/conformance/kit/recorder.js'
import type { Link } from '../../../src/core/api/transport.js'
import type { WebSocketSettings } from '../../../src/core/settings/option-groups.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, type StreamWay, testParts } from '../../support/streams/stream-test-parts.js'

/** Bytes of a message as large as super-packets make them. */
const LARGE = 60_000

/** How the connections of the test under way are carried. */
let carried: StreamWay['native']

/** A gateway that takes WebSockets apart: what it does to a message, undefined for one that ends the connection as it says. */
interface Gateway {
  /** Bytes of the fragments that it makes of messages. */
  readonly fragment?: number
  /** Bytes of the largest message that it takes; it closes with 1009 at a larger one. */
  readonly most?: number
}

describe.each(STREAM_WAYS)('WebSocketTransport $way, through gateways', ({ native }) => {
  beforeEach(() => {
    carried = native
  })

  it.each([1_024, 2_048, 10_000])(
    'carries large messages in fragments of %i bytes, both ways',
    async (fragment) => {
      const lab = await through({ fragment })
      const { near, far } = await lab.dial()
      for (let seed = 0; seed < 5; seed++) {
        near.send([pattern(LARGE, seed)])
        far.send([pattern(LARGE, seed + 100)])
      }
      await eventually('all arrive', () => [lab.there.arrivals.length, lab.here.arrivals.length], [6, 6])
      for (let seed = 0; seed < 5; seed++) {
        expect(sameBytes(lab.there.arrivals[seed + 1]!.bytes, pattern(LARGE, seed))).toBe(true)
        expect(sameBytes(lab.here.arrivals[seed + 1]!.bytes, pattern(LARGE, seed + 100))).toBe(true)
      }
    },
  )

  it('finds out what a gateway takes that closes with 1009, and tells the far end', async () => {
    const lab = await through({ most: 20_000 })
    const sizes: number[][] = []
    for (;;) {
      const { near, far } = await lab.dial()
      sizes.push([near.maxDatagram, far.maxDatagram])
      const ends = lab.here.ends.length
      const came = lab.there.arrivals.length
      near.send([new Uint8Array(near.maxDatagram).fill(1)])
      await eventually(
        'it arrives, or the link ends',
        () => lab.here.ends.length > ends || lab.there.arrivals.length > came,
      )
      if (lab.here.ends.length === ends) break
    }
    expect(sizes).toEqual([
      [65_535, 65_535],
      [32_768, 32_768],
      [16_384, 16_384],
    ])
  })

  it('finds out what the messages of the server may have, too', async () => {
    const lab = await through({ most: 33_000 })
    const first = await lab.dial()
    first.far.send([new Uint8Array(LARGE).fill(1)])
    await eventually('both ends are closed', () => [lab.here.ends.length, lab.there.ends.length], [1, 1])
    const { near, far } = await lab.dial()
    expect(far.maxDatagram).toBe(32_768)
    far.send([new Uint8Array(32_768).fill(1)])
    await eventually('it arrives', () => lab.here.arrivals.at(-1)?.bytes.length, 32_768)
    expect(near.maxDatagram).toBeGreaterThanOrEqual(32_768)
  })

  it('says what the server may be sent, as configured there, and heeds and keeps what it is told', async () => {
    const lab = await through({}, {}, { maxMessage: 8_192 })
    const { near, far } = await lab.dial()
    expect([near.maxDatagram, near.maxIncoming, far.maxDatagram, far.maxIncoming]).toEqual([
      65_535,
      undefined,
      8_192,
      8_192,
    ])
    near.limit!(8_192)
    near.limit!(10_000)
    near.send([new Uint8Array(8_193), new Uint8Array(8_192).fill(1)])
    await eventually('the other arrives', () => lab.there.arrivals.at(-1)?.bytes.length, 8_192)
    expect([near.maxDatagram, near.drops.oversized]).toEqual([8_192, 1])
    const next = await lab.dial()
    expect([next.near.maxDatagram, next.near.maxIncoming]).toEqual([8_192, 8_192])
  })

  it('bounds a link that runs, both ways, if another one to the same endpoint ends by a large message', async () => {
    const lab = await through({ most: 20_000 })
    const [running, ending] = [await lab.dial(), await lab.dial()]
    ending.near.send([new Uint8Array(LARGE).fill(1)])
    await eventually('it ends', () => lab.here.ends.length, 1)
    expect([running.near.maxDatagram, running.near.maxIncoming]).toEqual([32_768, 32_768])
    running.near.send([new Uint8Array(32_769)])
    expect(running.near.drops.oversized).toBe(1)
  })

  it('sends no message above what is configured, and counts what is larger', async () => {
    const lab = await through({ most: 8_192 }, { maxMessage: 8_192 })
    const { near, far } = await lab.dial()
    expect([near.maxDatagram, far.maxDatagram]).toEqual([8_192, 8_192])
    near.send([new Uint8Array(8_193), new Uint8Array(8_192).fill(1)])
    await eventually('the other arrives', () => lab.there.arrivals.at(-1)?.bytes.length, 8_192)
    expect(near.drops.oversized).toBe(1)
  })
})

/** A client and a server with a gateway in between. */
async function through(
  gateway: Gateway,
  websocket: WebSocketSettings = {},
  atServer: WebSocketSettings = {},
) {
  const there = new Recorder()
  const here = new Recorder()
  const server = new WebSocketTransport({ localPort: 0, websocket: atServer }, testParts({ native: carried }))
  const listener = await server.listen(new URL('ws://127.0.0.1:0/tunnel'), there)
  afterTest(() => listener.close())
  const port = await open(Number(listener.endpoint.port), gateway)
  const client = new WebSocketTransport({ localPort: 0, websocket }, testParts({ native: carried }))
  /** A link that has proven itself, and the server's. */
  const dial = async (): Promise<{ near: Link; far: Link }> => {
    const before = there.arrivals.length
    const near = await client.dial(new URL(`ws://127.0.0.1:${port}/tunnel`), here, patient())
    afterTest(() => near.close())
    near.send([Uint8Array.of(0)])
    await eventually('it is there', () => there.arrivals.length, before + 1)
    const far = there.arrivals[before]!.link
    far.authenticated?.()
    const heard = here.arrivals.length
    far.send([Uint8Array.of(0)])
    await eventually('it answers', () => here.arrivals.length, heard + 1)
    return { near, far }
  }
  return { here, there, dial }
}

/** A gateway of the package ws before a port of loopback; returns its own port. */
async function open(target: number, { fragment, most = 1 << 20 }: Gateway): Promise<number> {
  const options = { perMessageDeflate: false, maxPayload: most }
  const gateway = new WebSocketServer({ ...options, port: 0, host: '127.0.0.1' })
  afterTest(() => {
    for (const client of gateway.clients) client.terminate()
    gateway.close()
  })
  gateway.on('connection', (near, request) => {
    const far = new WebSocket(`ws://127.0.0.1:${target}${request.url}`, options)
    const pass = (from: WebSocket, to: WebSocket) => {
      from.on('message', (message: Buffer) => send(to, message, fragment ?? message.length))
      from.on('error', () => {}) // what is too large is closed with 1009 by the package
      from.on('close', (code) => to.close(code === 1006 ? 1009 : code === 1005 ? 1000 : code))
    }
    near.pause()
    far.once('open', () => near.resume())
    pass(near, far)
    pass(far, near)
  })
  await once(gateway, 'listening')
  return (gateway.address() as { port: number }).port
}

function send(to: WebSocket, message: Buffer, size: number): void {
  for (let at = 0; at < message.length; at += size) {
    to.send(message.subarray(at, at + size), { binary: true, fin: at + size >= message.length })
  }
}
