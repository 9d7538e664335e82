import fs from 'node:fs'
import type { Server, Socket } from 'node:net'
import { QanatError } from '../../core/api/errors.js'
import type { Sockets } from '../base/sockets.js'
import { systemError } from './socket-calls.js'

/** A connection that Node gave away. */
export interface DetachedSocket {
  /** Its descriptor, which is the taker's to close. */
  readonly fd: number
  /** What Node had read already. */
  readonly unread: readonly Uint8Array[]
}

/**
 * Takes a connection over from a net.Socket, which is destroyed; the connection itself goes on, unless this throws. Node
 * reads only in its event loop, so nothing is lost between.
 *
 * @throws QanatError ERR_NATIVE if the socket has no descriptor any more, or none is left for it.
 */
export function detachSocket(sockets: Sockets, socket: Socket): DetachedSocket {
  const fd = sockets.duplicate(descriptorOf(socket))
  if (fd < 0) {
    socket.destroy()
    const cause = systemError('fcntl', -fd)
    throw new QanatError(`Cannot hand off a connection: the kernel says ${cause.code}`, {
      code: 'ERR_NATIVE',
      cause,
    })
  }
  try {
    socket.pause()
    const unread: Uint8Array[] = []
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) unread.push(chunk)
    return { fd, unread }
  } catch (thrown) {
    fs.closeSync(fd)
    throw thrown
  } finally {
    socket.destroy()
  }
}

/**
 * Node has no public way to a socket's descriptor.
 *
 * @throws QanatError ERR_NATIVE if it has none.
 */
export function descriptorOf(socket: Socket | Server): number {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } | null }
  if (handle?.fd !== undefined && handle.fd >= 0) return handle.fd
  throw new QanatError('Cannot use a socket directly: it has no descriptor', { code: 'ERR_NATIVE' })
}
