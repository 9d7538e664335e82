import { once } from 'node:events'
import net from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { silentLogger } from '../../src/core/logger.js'
import { loadKoffi } from '../../src/native/koffi.js'
import { socketTuner } from '../../src/transports/socket-tuner.js'

const sockets: (net.Socket | net.Server)[] = []

afterEach(() => {
  for (const socket of sockets.splice(0)) {
    if (socket instanceof net.Server) socket.close()
    else socket.destroy()
  }
})

it.skipIf(!hasKoffi())(
  `bounds what the kernel takes of a socket whose remote reads nothing${hasKoffi() ? '' : ' (koffi does not load here)'}`,
  async () => {
    const bare = await unread()
    const tuned = await unread()
    socketTuner(silentLogger)(tuned)
    expect(swallowed(tuned)).toBeLessThan(swallowed(bare) - 500_000)
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

function hasKoffi(): boolean {
  try {
    loadKoffi()
    return true
  } catch {
    return false
  }
}

async function unread(): Promise<net.Socket> {
  const server = net.createServer({ pauseOnConnect: true }, (far) => sockets.push(far)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  sockets.push(server, socket)
  await once(socket, 'connect')
  return socket
}

/** Bytes that the kernel takes within one turn of the event loop. */
function swallowed(socket: net.Socket): number {
  const chunk = Buffer.alloc(16_384)
  while (socket.writableLength === 0) socket.write(chunk)
  return socket.bytesWritten - socket.writableLength
}
