import type { Server, Socket } from 'node:net'
import { QanatError } from '../../core/api/errors.js'
import { errnoName } from '../base/libc.js'
import type { Sockets } from '../base/sockets.js'

/** A connection that Node gave away. */
export interface DetachedSocket {
  /** Its descriptor, which is the taker's to close. */
  readonly fd: number
  /** What Node had read already. */
  readonly unread: readonly Uint8Array[]
}

/**
 * Takes a connection over from a net.Socket, which is destroyed; the connection itself goes on. Node reads only
 * in its event loop, so nothing is lost between.
 *
 * @throws QanatError ERR_NATIVE if the socket has no descriptor; it is left as it was.
 */
export function detachSocket(sockets: Sockets, socket: Socket): DetachedSocket {
  const fd = sockets.duplicate(descriptorOf(socket))
  if (fd < 0) {
    throw new QanatError(`Cannot hand off a connection: the kernel says ${errnoName(-fd)}`, {
      code: 'ERR_NATIVE',
    })
  }
  socket.pause()
  const unread: Uint8Array[] = []
  for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) unread.push(chunk)
  socket.destroy()
  return { fd, unread }
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
