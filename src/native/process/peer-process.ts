import type { Socket } from 'node:net'
import { native } from '../base/native.js'
import { SOL_SOCKET } from '../base/sockets.js'
import { descriptorOf } from '../sockets/detach-socket.js'
import { getOption } from '../sockets/socket-calls.js'

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
  const peer = getOption(native(), descriptorOf(socket), SOL_SOCKET, SO_PEERCRED, UCRED_BYTES)
  const pid = typeof peer === 'number' ? 0 : peer.readInt32LE(0)
  return pid > 0 ? pid : undefined
}
