import net, { type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { detachSocket } from '../../../native/sockets/detach-socket.js'
import type { NativeStreamParts } from '../../streams/native-stream-parts.js'

/** Bytes that one read takes at the most. */
const READ_BYTES = 256 * 1024

/**
 * Has all that comes by a connection read into the same memory, and lends it for each call: for memory of its own for each read V8 goes
 * through all of its heap each 15 MB. Packets are opened where they lie in it. Node has no other way to say so after a socket is
 * connected than another socket on the same connection.
 *
 * @param native Absent if the system cannot be called directly: memory is Node's then, as it is with TLS.
 * @returns the socket to go on with.
 * @throws QanatError ERR_NATIVE if the connection is gone, or no descriptor is left.
 */
export function readInto(
  native: NativeStreamParts | undefined,
  socket: Socket,
  read: (bytes: Buffer) => void,
): Socket {
  if (native === undefined || socket instanceof TLSSocket) return socket.on('data', read)
  const { arena, sockets } = native.native
  const { buffer, byteOffset } = arena.bytesAt(native.inputAt, READ_BYTES)
  const memory = Buffer.from(buffer as ArrayBuffer, byteOffset, READ_BYTES)
  const { fd, unread } = detachSocket(sockets, socket)
  const onread = {
    buffer: memory,
    callback(length: number) {
      read(memory.subarray(0, length))
      return true // go on reading
    },
  }
  const reading = new net.Socket({ fd, onread } as net.SocketConstructorOpts)
  // Later, as with TLS: whoever reads has no socket yet.
  process.nextTick(() => {
    for (const bytes of unread) read(Buffer.from(bytes))
  })
  return reading
}
