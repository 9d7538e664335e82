import fs from 'node:fs'
import { constants } from 'node:os'
import { asError } from '../../core/api/errors.js'
import type { Native } from '../base/native.js'
import { openMarked } from './marked-socket.js'
import type { SocketAddress } from './socket-address.js'
import { check, connectTo, systemError } from './socket-calls.js'

/** Bytes of a datagram that is received; longer ones are truncated. */
const MAX_DATAGRAM = 4096

/** What a connected datagram socket tells. */
export interface DatagramHandlers {
  /** A datagram of the remote alone. It is lent. */
  receive(datagram: Uint8Array): void
  /** The remote cannot be reached; its `code` is the error's name. More may follow. */
  failed(error: NodeJS.ErrnoException): void
}

/** A UDP socket that talks to one remote, and whose packets bear a mark: for questions now and then. */
export class DatagramSocket {
  readonly #native: Native
  readonly #fd: number
  readonly #memory
  readonly #watcher
  readonly #handlers: DatagramHandlers
  #closing: Promise<void> | undefined

  /** @throws Error whose `code` is the error's name, such as `ENETUNREACH`. */
  constructor(native: Native, remote: SocketAddress, mark: number, handlers: DatagramHandlers) {
    this.#native = native
    this.#handlers = handlers
    this.#fd = openConnected(native, remote, mark)
    this.#memory = native.arena.reserve(MAX_DATAGRAM)
    this.#watcher = native.watchers.watch(
      this.#fd,
      () => this.#read(),
      (thrown) => handlers.failed(asError(thrown)),
    )
  }

  /** @throws Error whose `code` is the error's name. */
  send(datagram: Uint8Array): void {
    const memory = this.#native.arena.reserve(datagram.length)
    memory.bytes.set(datagram)
    const written = this.#native.libc.write(this.#fd, memory.address, datagram.length)
    memory.release()
    if (written < 0) throw systemError('write', this.#native.libc.errno())
  }

  /** Idempotent. Nothing is told any more. */
  close(): Promise<void> {
    this.#closing ??= this.#watcher.close().then(() => {
      fs.closeSync(this.#fd)
      this.#memory.release()
    })
    return this.#closing
  }

  #read(): void {
    const length = this.#native.sockets.recv(this.#fd, this.#memory.address, MAX_DATAGRAM)
    if (length >= 0) this.#handlers.receive(this.#memory.bytes.subarray(0, length))
    else if (length !== -constants.errno.EAGAIN) this.#handlers.failed(systemError('recv', -length))
  }
}

/** Whether the host has a way to a remote, as its routing rules have it for packets of that mark. */
export function hasRoute(native: Native, remote: SocketAddress, mark: number): boolean {
  try {
    fs.closeSync(openConnected(native, remote, mark))
    return true
  } catch {
    return false
  }
}

function openConnected(native: Native, remote: SocketAddress, mark: number): number {
  const fd = openMarked(native, 'datagrams', remote.family, mark)
  try {
    check('connect', connectTo(native, fd, remote))
    return fd
  } catch (thrown) {
    fs.closeSync(fd)
    throw thrown
  }
}
