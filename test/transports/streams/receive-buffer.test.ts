import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, it } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { native } from '../../../src/native/base/native.js'
import { SO_RCVBUF, SOL_SOCKET } from '../../../src/native/base/sockets.js'
import { descriptorOf } from '../../../src/native/sockets/detach-socket.js'
import { HttpTransport } from '../../../src/transports/http/http.js'
import { boundReceiveBuffer, liftReceiveBuffer } from '../../../src/transports/streams/receive-buffer.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

const KIB = 1024

describe.skipIf(nativeMissing)(orSkipped('the receive buffer of a connection', nativeMissing), () => {
  it('is bounded, and grows again once that is lifted', async () => {
    const { client, server } = await connected()
    const fd = descriptorOf(server)
    const initial = receiveBuffer(fd)
    boundReceiveBuffer(native(), fd)
    expect(receiveBuffer(fd)).toBe(32 * KIB)
    liftReceiveBuffer(native(), fd)
    expect(receiveBuffer(fd)).toBeGreaterThan(32 * KIB)
    server.resume()
    const bytes = Buffer.alloc(64 * KIB)
    await eventually('it has grown', () => {
      if (client.writableLength === 0) client.write(bytes)
      return receiveBuffer(fd) > initial
    })
  })

  it('is bounded from being accepted to the proof', async () => {
    const { fds, parts } = watched()
    const received = new Recorder()
    const transport = new TcpTransport({ localPort: 0 }, parts)
    const listener = await transport.listen(new URL('tcp://127.0.0.1:0'), received)
    afterTest(() => listener.close())
    const client = net.connect(Number(listener.endpoint.port), '127.0.0.1')
    afterTest(() => client.destroy())
    client.write(Uint8Array.of(0, 1, 7))
    await eventually('the datagram arrives', () => received.arrivals.length, 1)
    const fd = fds.at(-1)! // the first is another one of the listening socket
    expect(receiveBuffer(fd)).toBe(32 * KIB)
    received.arrivals[0]!.link.authenticated?.()
    expect(receiveBuffer(fd)).toBeGreaterThan(32 * KIB)
  })

  it('is left as it is if a front end on the same host brings requests: it begins with whole bodies', async () => {
    const options: number[] = []
    const { parts } = watched((option) => options.push(option))
    const transport = new WebSocketTransport({ localPort: 0 }, parts)
    const listener = await transport.listen(new URL('ws://127.0.0.1:0/tunnel'), new Recorder())
    afterTest(() => listener.close())
    await fetch(`http://${listener.endpoint.host}/`)
    expect(options).not.toContain(SO_RCVBUF)
  })

  it('takes whole bodies of posts once their session has proven itself', async () => {
    const options: number[] = []
    const { parts } = watched((option) => options.push(option))
    const settings = { localPort: 0 }
    const transport = new HttpTransport(settings, parts, new WebSocketTransport(settings, parts))
    const far = new Recorder()
    const listener = await transport.listen(new URL('http://127.0.0.1:0/tunnel'), far)
    afterTest(() => listener.close())
    const link = await transport.dial(listener.endpoint, new Recorder(), patient())
    afterTest(() => link.close())
    link.send([Uint8Array.of(7)])
    await eventually('the datagram arrives', () => far.arrivals.length, 1)
    expect(options).not.toContain(SO_RCVBUF)
    far.arrivals[0]!.link.authenticated?.()
    expect(options).toContain(SO_RCVBUF)
  })
})

/** Parts of streams, the descriptors that they duplicate, and who is told the options that they set. */
function watched(sets: (option: number) => void = () => {}) {
  const { native: parts } = STREAM_WAYS.find((way) => way.native !== undefined)!
  const { libc, sockets } = parts!.native
  const fds: number[] = []
  const duplicate = (fd: number) => {
    const copy = sockets.duplicate(fd)
    fds.push(copy)
    return copy
  }
  const setsockopt: typeof libc.setsockopt = (...call) => {
    sets(call[2])
    return libc.setsockopt(...call)
  }
  const own = { ...parts!.native, libc: { ...libc, setsockopt }, sockets: { ...sockets, duplicate } }
  const made = Object.defineProperty(Object.create(parts!), 'native', { value: own })
  return { fds, parts: testParts({ native: made }) }
}

/** Bytes as the kernel counts them. */
function receiveBuffer(fd: number): number {
  const { arena, sockets } = native()
  const memory = arena.reserve(8)
  arena.view.setUint32(memory.offset + 4, 4, true)
  sockets.getsockopt(fd, SOL_SOCKET, SO_RCVBUF, memory.address, memory.address + 4)
  const bytes = arena.view.getInt32(memory.offset, true)
  memory.release()
  return bytes
}

async function connected() {
  const listener = net.createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  afterTest(() => listener.close())
  const client = net.connect((listener.address() as net.AddressInfo).port, '127.0.0.1')
  afterTest(() => client.destroy())
  const [server] = (await once(listener, 'connection')) as [net.Socket]
  afterTest(() => server.destroy())
  return { client, server }
}
