import type { Native } from '../../native/base/native.js'
import { SO_BUF_LOCK, SO_RCVBUF, SOL_SOCKET } from '../../native/base/sockets.js'
import { setOption } from '../../native/sockets/socket-calls.js'

/** Bytes that the kernel keeps for a connection that has proven nothing; it counts each twice, for what they cost it. */
export const UNAUTHENTICATED_RECEIVE_BYTES = 16 * 1024
/** Bytes that a connection begins with otherwise, in the same count. tcp_rmem, tcp(7) */
const INITIAL_BYTES = 64 * 1024
/** Bytes that one begins with by which posts come, in the same count: a whole body fits, and what the kernel adds. net.core.rmem_max */
const BODY_BYTES = 208 * 1024
/** No buffer is of a fixed size: the kernel lets them grow with what the path carries. */
const GROWS = 0

/** Whether the kernel lets go of a bound again, as it does since 5.14; undefined until one was asked. */
let canLift: boolean | undefined

/** Bounds what the kernel keeps of what a connection sends, unless that would last for ever. */
export function boundReceiveBuffer(native: Native, fd: number): void {
  if (mayBeLifted(native, fd)) setOption(native, fd, SOL_SOCKET, SO_RCVBUF, UNAUTHENTICATED_RECEIVE_BYTES)
}

/** Lets the buffer of a connection that has proven itself grow again. */
export function liftReceiveBuffer(native: Native, fd: number): void {
  if (mayBeLifted(native, fd)) growFrom(native, fd, INITIAL_BYTES)
}

/**
 * Lets a connection take the whole body of a post at once. A front end has one for each: on loopback two segments filled it, and the
 * rest waited until this process had read them. An older kernel would keep it at that size, so there it grows by itself.
 */
export function takeBodies(native: Native, fd: number): void {
  if (mayBeLifted(native, fd)) growFrom(native, fd, BODY_BYTES)
}

function mayBeLifted(native: Native, fd: number): boolean {
  canLift ??= setOption(native, fd, SOL_SOCKET, SO_BUF_LOCK, GROWS) >= 0
  return canLift
}

function growFrom(native: Native, fd: number, bytes: number): void {
  setOption(native, fd, SOL_SOCKET, SO_RCVBUF, bytes)
  setOption(native, fd, SOL_SOCKET, SO_BUF_LOCK, GROWS)
}
