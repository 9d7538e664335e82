import { errnoName } from '../base/libc.js'
import type { Native } from '../base/native.js'
import { SO_ERROR, SOL_SOCKET } from '../base/sockets.js'
import {
  decodeSocketAddress,
  encodeSocketAddress,
  SOCKET_ADDRESS_BYTES,
  type SocketAddress,
} from './socket-address.js'

/** Bytes of an `int`, which is what most socket options are, and of a length. */
const INT_BYTES = 4

/** Sets an option of a socket. Returns an error number, negated, if the kernel refuses. */
export function setOption(
  { arena, libc }: Native,
  fd: number,
  level: number,
  name: number,
  value: number,
): number {
  const memory = arena.reserve(INT_BYTES)
  arena.view.setInt32(memory.offset, value, true)
  const result = libc.setsockopt(fd, level, name, memory.address, memory.length)
  memory.release()
  return result < 0 ? -libc.errno() : result
}

/** An option of a socket that has so many bytes; an error number, negated, if the kernel does not tell. */
export function getOption(
  { arena, sockets }: Native,
  fd: number,
  level: number,
  name: number,
  bytes: number,
): Buffer | number {
  const value = arena.reserve(bytes)
  const length = arena.reserve(INT_BYTES)
  try {
    arena.view.setUint32(length.offset, bytes, true)
    const result = sockets.getsockopt(fd, level, name, value.address, length.address)
    return result < 0 ? result : Buffer.from(value.bytes)
  } finally {
    value.release()
    length.release()
  }
}

/** The error number that waits at a socket, which forgets it; 0 if there is none. */
export function takeError(native: Native, fd: number): number {
  const error = getOption(native, fd, SOL_SOCKET, SO_ERROR, INT_BYTES)
  return typeof error === 'number' ? -error : error.readInt32LE(0)
}

/** Connects a socket. Returns an error number, negated: EINPROGRESS where a stream's connection is under way. */
export function connectTo({ arena, sockets }: Native, fd: number, address: SocketAddress): number {
  const encoded = encodeSocketAddress(address)
  const name = arena.reserve(encoded.length)
  name.bytes.set(encoded)
  const result = sockets.connect(fd, name.address, encoded.length)
  name.release()
  return result
}

/** Binds a socket. Returns its port. @throws Error whose `code` is the error's name, such as `EADDRINUSE`. */
export function bindTo({ arena, sockets }: Native, fd: number, address: SocketAddress): number {
  const length = SOCKET_ADDRESS_BYTES[address.family]
  const name = arena.reserve(length)
  const nameLength = arena.reserve(4)
  try {
    name.bytes.set(encodeSocketAddress(address))
    check('bind', sockets.bind(fd, name.address, length))
    arena.view.setUint32(nameLength.offset, length, true)
    check('getsockname', sockets.getsockname(fd, name.address, nameLength.address))
    return decodeSocketAddress(name.bytes)!.port
  } finally {
    name.release()
    nameLength.release()
  }
}

/**
 * What a call returned.
 *
 * @throws Error whose `code` is the error's name, such as `EADDRINUSE`, if it failed.
 */
export function check(call: string, result: number): number {
  if (result >= 0) return result
  throw systemError(call, -result)
}

/** That a call failed. */
export function systemError(call: string, errno: number): NodeJS.ErrnoException {
  const code = errnoName(errno)
  return Object.assign(new Error(`${call}: the kernel says ${code}`), { code })
}
