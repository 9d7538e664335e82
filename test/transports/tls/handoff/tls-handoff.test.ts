import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import tls from 'node:tls'
import { beforeAll, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { TestAuthority } from '../../../../lab/certificates.js'
import { pattern, Recorder, sameBytes } from '../../../../src/conformance/kit/recorder.js'
import type { Link } from '../../../../src/core/api/transport.js'
import { NativeStreamLink } from '../../../../src/transports/streams/native-stream-link.js'
import { SUITES } from '../../../../src/transports/tls/suites.js'
import { WebSocketTransport } from '../../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../../support/after-test.js'
import { describeWhere } from '../../../support/e2e/requirements.js'
import { eventually } from '../../../support/eventually.js'
import { patient } from '../../../support/streams/dial-wait.js'
import { type Pass, Relay } from '../../../support/streams/relay.js'
import { STREAM_WAYS, type StreamWay, testParts } from '../../../support/streams/stream-test-parts.js'

const [PORTABLE, NATIVE] = STREAM_WAYS as [StreamWay, StreamWay | undefined]
const SIZES = [1, 125, 126, 1_000, 16_384, 65_535]

describeWhere(['koffi', 'program openssl'], 'a TLS connection that is taken over', () => {
  if (NATIVE === undefined) return
  let authority: TestAuthority
  let identity: { cert: string; key: string }

  beforeAll(() => {
    authority = new TestAuthority()
    identity = authority.issue('127.0.0.1')
  })

  it('carries datagrams of any size between ends of either way', async () => {
    for (const near of [PORTABLE, NATIVE]) {
      for (const far of [PORTABLE, NATIVE]) {
        const server = await listen(far)
        const client = await dial(near, server.port)
        const back = await carriesBothWays(client, server.received)
        expect(client.link instanceof NativeStreamLink).toBe(near === NATIVE)
        expect(back instanceof NativeStreamLink).toBe(far === NATIVE)
      }
    }
  })

  it('is the same whether its bytes come one by one or all at once', async () => {
    const server = await listen(NATIVE)
    const port = await relay(server.port, (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte)))
    const client = await dial(NATIVE, port)
    const back = await carriesBothWays(client, server.received, [1, 126, 2_000])
    expect([client.link, back].every((link) => link instanceof NativeStreamLink)).toBe(true)
  })

  it.each(Object.keys(SUITES))('does so with %s', async (suite) => {
    const server = await foreignServer({ ciphers: suite }, (socket, webSocket) => {
      expect(socket.getCipher().name).toBe(suite)
      webSocket.on('message', (bytes) => webSocket.send(bytes))
    })
    const client = await dial(NATIVE, server)
    expect(client.link).toBeInstanceOf(NativeStreamLink)
    await isEchoed(client)
  })

  it('loses nothing that a server sends with its answer, where all of it comes at once', async () => {
    const sizes = Array.from({ length: 50 }, (_, index) => index + 1)
    let isHeld = false
    const server = await foreignServer({}, (_socket, webSocket) => {
      isHeld = true // the answer has not left this process yet
      for (const size of sizes) webSocket.send(pattern(size, size))
    })
    const held: Buffer[] = []
    const port = await relay(server, (bytes, isFromClient) => {
      if (isFromClient || !isHeld) return [bytes]
      held.push(bytes)
      const all = Buffer.concat(held)
      return all.length < sizes.reduce((sum, size) => sum + size) ? [] : [all]
    })
    const { link, received } = await dial(NATIVE, port)
    await eventually('all arrive', () => received.arrivals.length, sizes.length)
    expect(link).toBeInstanceOf(NativeStreamLink)
    expect(received.marks).toEqual(sizes)
  })

  it('loses nothing that a client sends with its request', async () => {
    const { received, port } = await listen(NATIVE)
    const socket = tls.connect({ host: '127.0.0.1', port, ca: authority.ca })
    afterTest(() => socket.destroy())
    await once(socket, 'secureConnect')
    const frames = [1, 2, 3].map((seed) => maskedFrame(pattern(50, seed)))
    socket.write(Buffer.concat([request(), frames[0]!]))
    socket.write(frames[1]!)
    socket.write(frames[2]!)
    await eventually('all arrive', () => received.arrivals.length, 3)
    expect(received.marks).toEqual([1, 2, 3])
    expect(received.arrivals[0]!.link).toBeInstanceOf(NativeStreamLink)
  })

  it('stays with Node where the remote speaks TLS 1.2, at either end', async () => {
    const server = await foreignServer({ maxVersion: 'TLSv1.2' }, (_socket, webSocket) => {
      webSocket.on('message', (bytes) => webSocket.send(bytes))
    })
    const client = await dial(NATIVE, server)
    expect(client.link).not.toBeInstanceOf(NativeStreamLink)
    await isEchoed(client)
    const { received, port } = await listen(NATIVE)
    const webSocket = foreignClient(port, { maxVersion: 'TLSv1.2' })
    await once(webSocket, 'open')
    webSocket.send(pattern(4_000, 4))
    await eventually('it arrives', () => received.arrivals.length, 1)
    expect(received.arrivals[0]!.link).not.toBeInstanceOf(NativeStreamLink)
    const answered = once(webSocket, 'message')
    received.arrivals[0]!.link.send([pattern(60_000, 5)])
    expect(sameBytes((await answered)[0], pattern(60_000, 5))).toBe(true)
  })

  it('stays with Node where more was said before than is kept', async () => {
    const long = 'x'.repeat(15_900)
    const server = await foreignServer(
      {},
      (_socket, webSocket) => {
        webSocket.on('message', (bytes) => webSocket.send(bytes))
      },
      `X-Long: ${long}`,
    )
    const client = await dial(NATIVE, server, { 'X-Long': long })
    expect(client.link).not.toBeInstanceOf(NativeStreamLink)
    await isEchoed(client)
  })

  it('stays with Node where the request came in more records than are kept', async () => {
    const { received, port } = await listen(NATIVE)
    const socket = tls.connect({ host: '127.0.0.1', port, ca: authority.ca })
    afterTest(() => socket.destroy())
    await once(socket, 'secureConnect')
    for (const byte of request()) await new Promise((sent) => socket.write(Uint8Array.of(byte), sent))
    socket.write(maskedFrame(Uint8Array.of(1, 7)))
    await eventually('it arrives', () => received.arrivals.length, 1)
    expect(received.arrivals[0]!.link).not.toBeInstanceOf(NativeStreamLink)
  })

  it('is not confused with one that somebody opens by repeating its first message', async () => {
    const { received, port } = await listen(NATIVE)
    let hello: Buffer | undefined
    const seen = await relay(port, (bytes, isFromClient) => {
      if (isFromClient) hello ??= Buffer.from(bytes)
      return [bytes]
    })
    const socket = tls.connect({ host: '127.0.0.1', port: seen, ca: authority.ca })
    afterTest(() => socket.destroy())
    await once(socket, 'secureConnect')
    const copier = net.connect(port, '127.0.0.1')
    afterTest(() => copier.destroy())
    copier.write(hello!)
    await once(copier, 'data')
    socket.write(Buffer.concat([request(), maskedFrame(Uint8Array.of(1, 7))]))
    await eventually('it arrives', () => received.arrivals.length, 1)
    expect(received.arrivals[0]!.link).toBeInstanceOf(NativeStreamLink)
  })

  it('stays with Node where keys were changed before', async () => {
    const { received, port } = await listen(NATIVE)
    const client = opensslClient(port)
    await eventually(
      'it is connected',
      () => client.received(),
      (text) => text.includes('Verify return code'),
    )
    client.stdin.write('K\n')
    await eventually(
      'the key is changed',
      () => client.received(),
      (text) => text.includes('KEYUPDATE'),
    )
    client.stdin.write(request())
    await eventually(
      'it is answered',
      () => client.received(),
      (text) => text.includes('101 Switching Protocols'),
    )
    client.stdin.write(maskedFrame(Uint8Array.of(1, 7)))
    await eventually('it arrives', () => received.arrivals.length, 1)
    expect(received.arrivals[0]!.link).not.toBeInstanceOf(NativeStreamLink)
    received.arrivals[0]!.link.send([Buffer.from('an answer')])
    await eventually(
      'it is answered',
      () => client.received(),
      (text) => text.includes('an answer'),
    )
  })

  it('follows the KeyUpdates of a remote, and answers them', async () => {
    const { received, port } = await listen(NATIVE)
    const client = opensslClient(port)
    client.stdin.write(request())
    await eventually(
      'it is answered',
      () => client.received(),
      (text) => text.includes('101 Switching Protocols'),
    )
    for (let seed = 1; seed <= 3; seed++) {
      client.stdin.write('K\n') // asks for one in return
      await eventually('the key is changed', () => client.received().split('KEYUPDATE').length, seed + 1)
      client.stdin.write(maskedFrame(Uint8Array.of(seed, 7)))
      await eventually('it arrives', () => received.arrivals.length, seed)
      received.arrivals[0]!.link.send([Buffer.from(`answer ${seed}`)])
      await eventually(
        'it is answered',
        () => client.received(),
        (text) => text.includes(`answer ${seed}`),
      )
    }
    expect(received.marks).toEqual([1, 2, 3])
    expect(received.arrivals[0]!.link).toBeInstanceOf(NativeStreamLink)
  })

  it('ends both links with a clear word where somebody alters a byte', async () => {
    const server = await listen(NATIVE)
    let alters = false
    const port = await relay(server.port, (bytes) => {
      if (alters) bytes[bytes.length - 1]! ^= 1
      return [bytes]
    })
    const client = await dial(NATIVE, port)
    await carriesBothWays(client, server.received, [10])
    alters = true
    client.link.send([pattern(10, 1)])
    await eventually('the far end is told', () => server.received.ends.length, 1)
    expect(server.received.ends[0]!.error?.message).toMatch(
      /^Cannot keep wss:\/\/127\.0\.0\.1:\d+: it sent a TLS record that is not authentic$/,
    )
    alters = false
    await eventually('the near end is told', () => client.received.ends.length, 1)
  })

  it('says goodbye as TLS does', async () => {
    let ended = false
    const server = await foreignServer({}, (socket, webSocket) => {
      webSocket.on('close', (code) => {
        expect(code).toBe(1000)
      })
      socket.on('end', () => {
        ended = true
      })
    })
    const { link } = await dial(NATIVE, server)
    await link.close()
    await eventually('the server hears the end', () => ended)
  })

  async function listen(way: StreamWay): Promise<{ received: Recorder; port: number }> {
    const received = new Recorder()
    const transport = new WebSocketTransport(
      { localPort: 0, tls: identity },
      testParts({ native: way.native }),
    )
    const listener = await transport.listen(new URL('wss://127.0.0.1:0/tunnel'), received)
    afterTest(() => listener.close())
    return { received, port: Number(listener.endpoint.port) }
  }

  async function dial(
    way: StreamWay,
    port: number,
    headers: Record<string, string> = {},
  ): Promise<{ link: Link; received: Recorder }> {
    const received = new Recorder()
    const settings = { localPort: 0, tls: { ca: authority.ca }, websocket: { headers } }
    const transport = new WebSocketTransport(settings, testParts({ native: way.native }))
    const endpoint = new URL(`wss://127.0.0.1:${port}/tunnel`)
    const link = await transport.dial(endpoint, received, patient())
    afterTest(() => link.close())
    return { link, received }
  }

  async function relay(target: number, pass: Pass): Promise<number> {
    const between = await Relay.open(target, pass)
    afterTest(() => between.close())
    return between.port
  }

  /** A server of Node's and ws's. */
  async function foreignServer(
    options: tls.TlsOptions,
    opened: (socket: tls.TLSSocket, webSocket: WebSocket) => void,
    header = 'X-Extra: yes',
  ): Promise<number> {
    const server = https.createServer({ ...identity, ...options })
    const webSockets = new WebSocketServer({ server })
    webSockets.on('headers', (headers) => headers.push(header))
    webSockets.on('connection', (webSocket, { socket }) => {
      afterTest(() => webSocket.terminate())
      opened(socket as tls.TLSSocket, webSocket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    afterTest(() => server.close())
    return (server.address() as AddressInfo).port
  }

  function foreignClient(port: number, options: tls.SecureContextOptions): WebSocket {
    const webSocket = new WebSocket(`wss://127.0.0.1:${port}/tunnel`, { ca: authority.ca, ...options })
    afterTest(() => webSocket.terminate())
    return webSocket
  }

  function opensslClient(port: number): ChildProcessWithoutNullStreams & { received(): string } {
    const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_3'])
    let text = ''
    for (const output of [client.stdout, client.stderr]) {
      output.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
      })
    }
    afterTest(() => client.kill())
    return Object.assign(client, { received: () => text })
  }
})

function request(): Buffer {
  const lines = [
    'GET /tunnel HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==',
  ]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

/** A client's binary message of at most 125 bytes, under a mask of zeros. */
function maskedFrame(payload: Uint8Array): Buffer {
  return Buffer.from([0x82, 0x80 | payload.length, 0, 0, 0, 0, ...payload])
}

/** Sends datagrams of these sizes both ways, and returns the far end's link. */
async function carriesBothWays(
  { link, received }: { link: Link; received: Recorder },
  far: Recorder,
  sizes = SIZES,
): Promise<Link> {
  for (const [index, size] of sizes.entries()) {
    link.send([pattern(size, index)])
    await eventually(`${size} bytes arrive`, () => far.arrivals.length, index + 1)
    const { link: back, bytes } = far.arrivals[index]!
    back.authenticated?.()
    expect(sameBytes(bytes, pattern(size, index))).toBe(true)
    back.send([pattern(size, index + 1)])
    await eventually(`${size} bytes come back`, () => received.arrivals.length, index + 1)
    expect(sameBytes(received.arrivals[index]!.bytes, pattern(size, index + 1))).toBe(true)
  }
  return far.arrivals[0]!.link
}

async function isEchoed({ link, received }: { link: Link; received: Recorder }): Promise<void> {
  for (const [index, size] of SIZES.entries()) {
    link.send([pattern(size, index)])
    await eventually(`${size} bytes come back`, () => received.arrivals.length, index + 1)
    expect(sameBytes(received.arrivals[index]!.bytes, pattern(size, index))).toBe(true)
  }
}
