import type { Socket } from 'node:net'
import { native } from '../base/native.js'
import { SOL_SOCKET } from '../base/sockets.js'
import { descriptorOf } from '../sockets/detach-socket.js'

/** asm-generic/socket.h; bytes of struct ucred, whose first field is the process. unix(7) */
const SO_PEERCRED = 17
const UCRED_BYTES = 12

/**
 * The process id of the listener that a local socket is connected to; undefined if the kernel does not say, as of one
 * in another namespace of processes.
 *
 * @throws QanatError ERR_NATIVE if the system cannot be called directly.
 */
export function peerProcess(socket: Socket): number | undefined {
  const { arena, sockets } = native()
  const answer = arena.reserve(UCRED_BYTES)
  const length = arena.reserve(4)
  try {
    arena.view.setUint32(length.offset, UCRED_BYTES, true)
    const args = [SOL_SOCKET, SO_PEERCRED, answer.address, length.address] as const
    if (sockets.getsockopt(descriptorOf(socket), ...args) < 0) return undefined
    const pid = arena.view.getInt32(answer.offset, true)
    return pid > 0 ? pid : undefined
  } finally {
    answer.release()
    length.release()
  }
}
