import { once } from 'node:events'
import net from 'node:net'
import { expect, it, vi } from 'vitest'
import { Recorder } from '../../../src/conformance/kit/recorder.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { loadKoffi } from '../../../src/native/base/koffi.js'
import { descriptorOf } from '../../../src/native/sockets/detach-socket.js'
import { socketTuner } from '../../../src/transports/streams/socket-tuner.js'
import { TcpTransport } from '../../../src/transports/tcp/tcp.js'
import { WebSocketTransport } from '../../../src/transports/websocket/websocket.js'
import { afterTest } from '../../support/after-test.js'
import { eventually } from '../../support/eventually.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'
import { patient } from '../../support/streams/dial-wait.js'
import { STREAM_WAYS, testParts } from '../../support/streams/stream-test-parts.js'

it.skipIf(nativeMissing)(
  orSkipped('bounds what the kernel takes of a socket whose remote reads nothing', nativeMissing),
  async () => {
    const bare = await unread()
    const tuned = await unread()
    socketTuner(silentLogger)(tuned)
    expect(swallowed(tuned)).toBeLessThan(swallowed(bare) - 500_000)
  },
)

it.skipIf(nativeMissing)(
  orSkipped(
    'sets both options of every connection, dialled or accepted, whichever way carries it',
    nativeMissing,
  ),
  async () => {
    const tune = socketTuner(silentLogger)
    for (const { native } of STREAM_WAYS) {
      for (const scheme of ['tcp', 'ws']) {
        const seen: number[][] = []
        const parts = testParts({
          native,
          tune: (socket) => {
            tune(socket)
            seen.push([option(socket, TCP_NOTSENT_LOWAT), option(socket, TCP_USER_TIMEOUT)])
          },
        })
        const Kind = scheme === 'tcp' ? TcpTransport : WebSocketTransport
        const listener = await new Kind({ localPort: 0 }, parts).listen(
          new URL(`${scheme}://127.0.0.1:0`),
          new Recorder(),
        )
        const link = await new Kind({ localPort: 0 }, parts).dial(
          listener.endpoint,
          new Recorder(),
          patient(),
        )
        await eventually('both were tuned', () => seen.length, 2)
        expect(seen).toEqual([
          [65_536, 10_000],
          [65_536, 10_000],
        ])
        await Promise.all([link.close(), listener.close()])
      }
    }
  },
)

it('says once, and only once, that it cannot be set', () => {
  const warn = vi.fn()
  const tune = socketTuner({ ...silentLogger, warn })
  for (let count = 0; count < 2; count++) tune(new net.Socket())
  expect(warn).toHaveBeenCalledTimes(1)
})

it('leaves a socket alone that is gone', () => {
  const warn = vi.fn()
  socketTuner({ ...silentLogger, warn })(new net.Socket().destroy())
  expect(warn).not.toHaveBeenCalled()
})

/** linux/tcp.h */
const TCP_USER_TIMEOUT = 18
const TCP_NOTSENT_LOWAT = 25
const IPPROTO_TCP = 6

/** What the kernel has for an option of a socket. */
function option(socket: net.Socket, name: number): number {
  const getsockopt = loadKoffi()
    .load('libc.so.6')
    .func('int getsockopt(int, int, int, _Out_ int* value, _Inout_ int* length)')
  const value = [0]
  if (getsockopt(descriptorOf(socket), IPPROTO_TCP, name, value, [4]) !== 0) throw new Error('no such option')
  return value[0]!
}

async function unread(): Promise<net.Socket> {
  const server = net
    .createServer({ pauseOnConnect: true }, (far) => afterTest(() => far.destroy()))
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  afterTest(() => server.close())
  afterTest(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Bytes that the kernel takes within one turn of the event loop. */
function swallowed(socket: net.Socket): number {
  const chunk = Buffer.alloc(16_384)
  while (socket.writableLength === 0) socket.write(chunk)
  return socket.bytesWritten - socket.writableLength
}
