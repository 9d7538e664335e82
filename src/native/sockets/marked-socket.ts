import fs from 'node:fs'
import { constants } from 'node:os'
import { asError } from '../../core/api/errors.js'
import type { Native } from '../base/native.js'
import {
  ADDRESS_FAMILY,
  type Family,
  IPV6_V6ONLY,
  SO_MARK,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_IPV6,
  SOL_SOCKET,
} from '../base/sockets.js'
import { WRITABLE } from '../base/watcher.js'
import type { SocketAddress } from './socket-address.js'
import { bindTo, check, connectTo, setOption, systemError, takeError } from './socket-calls.js'

/** What a socket carries. */
const TYPES = { stream: SOCK_STREAM, datagrams: SOCK_DGRAM } as const

/**
 * Opens a socket that does not block and whose packets bear a mark (SO_MARK), by which routing rules and packet
 * filters know them. Needs CAP_NET_ADMIN. The caller closes it.
 *
 * @throws Error whose `code` is the error's name, such as `EPERM`.
 */
export function openMarked(native: Native, kind: keyof typeof TYPES, family: Family, mark: number): number {
  const type = TYPES[kind] | SOCK_NONBLOCK | SOCK_CLOEXEC
  const fd = check('socket', native.sockets.socket(ADDRESS_FAMILY[family], type, 0))
  try {
    setMark(native, fd, mark)
    return fd
  } catch (thrown) {
    fs.closeSync(fd)
    throw thrown
  }
}

/**
 * Marks what a socket sends from now on, and what those send that it accepts.
 *
 * @throws Error whose `code` is the error's name.
 */
export function setMark(native: Native, fd: number, mark: number): void {
  check('setsockopt SO_MARK', setOption(native, fd, SOL_SOCKET, SO_MARK, mark))
}

/**
 * Opens a UDP socket that is bound to an address and whose packets bear a mark. The caller closes it.
 *
 * @throws Error whose `code` is the error's name, such as `EADDRINUSE`.
 */
export function bindMarked(native: Native, address: SocketAddress, mark: number): number {
  const fd = openMarked(native, 'datagrams', address.family, mark)
  try {
    if (address.family === 6) {
      check('setsockopt IPV6_V6ONLY', setOption(native, fd, SOL_IPV6, IPV6_V6ONLY, 1))
    }
    bindTo(native, fd, address)
    return fd
  } catch (thrown) {
    fs.closeSync(fd)
    throw thrown
  }
}

/** What becomes of a connection: one of the two is called, once, unless the connection is called off before. */
export interface Connecting {
  /** The descriptor is connected, and the receiver's to close. */
  connected(fd: number): void
  /** Its `code` is the error's name, such as `ECONNREFUSED`. */
  failed(error: NodeJS.ErrnoException): void
}

/** Opens a TCP connection whose packets bear a mark from the first. Returns the function that calls it off. */
export function connectMarked(
  native: Native,
  address: SocketAddress,
  mark: number,
  outcome: Connecting,
): () => void {
  let calledOff = false
  try {
    const fd = startConnecting(native, address, mark)
    let errno = 0
    let ending = false
    const end = () => {
      if (ending) return
      ending = true
      void watcher.close().then(() => {
        if (calledOff || errno !== 0) fs.closeSync(fd)
        if (calledOff) return
        if (errno === 0) outcome.connected(fd)
        else outcome.failed(systemError('connect', errno))
      })
    }
    const settled = () => {
      errno = takeError(native, fd)
      end()
    }
    const watcher = native.watchers.watch(fd, settled, settled)
    watcher.want(WRITABLE)
    return () => {
      calledOff = true
      end()
    }
  } catch (thrown) {
    queueMicrotask(() => {
      if (!calledOff) outcome.failed(asError(thrown))
    })
    return () => {
      calledOff = true
    }
  }
}

function startConnecting(native: Native, address: SocketAddress, mark: number): number {
  const fd = openMarked(native, 'stream', address.family, mark)
  const result = connectTo(native, fd, address)
  if (result >= 0 || result === -constants.errno.EINPROGRESS) return fd
  fs.closeSync(fd)
  throw systemError('connect', -result)
}
