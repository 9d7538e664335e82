import { QanatError } from '../core/errors.js'
import { errnoName } from './libc.js'
import type { Native } from './native.js'

/** Bytes of an `int`, which is what most socket options are. */
const INT_BYTES = 4

/** Sets options of sockets that Node has no way to set. */
export class SocketOptions {
  readonly #native: Native
  /** Bound for good: there is one of these in a process, and it costs four bytes. */
  readonly #value

  constructor(native: Native) {
    this.#native = native
    this.#value = native.arena.reserve(INT_BYTES)
  }

  /** @throws QanatError ERR_NATIVE where the kernel refuses. */
  set(fd: number, level: number, option: number, value: number): void {
    const { arena, libc } = this.#native
    arena.view.setInt32(this.#value.offset, value, true)
    if (libc.setsockopt(fd, level, option, this.#value.address, INT_BYTES) === 0) return
    throw new QanatError(`Cannot set option ${option} of a socket: ${errnoName(libc.errno())}`, {
      code: 'ERR_NATIVE',
    })
  }
}
