import type { Native } from '../base/native.js'
import { decodeSocketAddress, SOCKET_ADDRESS_BYTES, type SocketAddress } from './socket-address.js'
import { check } from './socket-calls.js'

/** Between which addresses a socket is connected. */
export interface SocketNames {
  readonly local: SocketAddress
  readonly remote: SocketAddress
}

/**
 * The names of a connected socket of IP.
 *
 * @throws Error whose `code` is the error's name, such as `ENOTCONN`.
 */
export function socketNames({ arena, sockets }: Native, fd: number): SocketNames {
  const name = arena.reserve(SOCKET_ADDRESS_BYTES[6])
  const length = arena.reserve(4)
  const ask = (call: 'getsockname' | 'getpeername') => {
    arena.view.setUint32(length.offset, name.length, true)
    check(call, sockets[call](fd, name.address, length.address))
    return decodeSocketAddress(name.bytes)!
  }
  try {
    return { local: ask('getsockname'), remote: ask('getpeername') }
  } finally {
    name.release()
    length.release()
  }
}
