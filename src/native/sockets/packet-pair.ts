import type { Native } from '../base/native.js'
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_SEQPACKET } from '../base/sockets.js'
import { check } from './socket-calls.js'

const FD_BYTES = 4

/**
 * Opens two sockets that are connected to each other. Each write to one is one read from the other, as with a TUN device;
 * neither blocks. Returns their descriptors, which the caller closes.
 *
 * @throws Error whose `code` is the error's name, such as `EMFILE`.
 */
export function openPacketPair({ arena, sockets }: Native): readonly [number, number] {
  const memory = arena.reserve(2 * FD_BYTES)
  try {
    const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC
    check('socketpair', sockets.socketpair(AF_UNIX, type, 0, memory.address))
    const fdAt = (index: number) => arena.view.getInt32(memory.offset + index * FD_BYTES, true)
    return [fdAt(0), fdAt(1)]
  } finally {
    memory.release()
  }
}
