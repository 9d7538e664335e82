import type net from 'node:net'
import { asError, hasCode } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { native } from '../../native/base/native.js'
import { descriptorOf } from '../../native/sockets/detach-socket.js'
import { check, setOption } from '../../native/sockets/socket-calls.js'

/**
 * Bytes that the kernel takes of a socket beyond those under way. Without it the kernel swallowed 3.9 MB of one
 * socket on a slow path, and every packet waited behind them; with 128 KiB they waited half as long again as with
 * this, at 10 Mbit/s, and throughput was the same at any speed.
 */
export const UNSENT_BYTES = 64 * 1024
/** Milliseconds after which a connection ends whose remote acknowledges nothing. */
const USER_TIMEOUT = 10_000

/** What the kernel says of a Unix socket, which has no such options. */
const NOT_TCP = ['EOPNOTSUPP']

/** From Linux's netinet/in.h and linux/tcp.h. */
const IPPROTO_TCP = 6
const TCP_USER_TIMEOUT = 18
const TCP_NOTSENT_LOWAT = 25

/**
 * A function that bounds what the kernel keeps unsent of a connected socket, and how long it waits for a silent
 * remote. If that cannot be set, connections work without it, and the log tells so once.
 */
export function socketTuner(log: Logger): (socket: net.Socket) => void {
  let failed = false
  return (socket) => {
    if (failed || socket.destroyed) return
    try {
      const fd = descriptorOf(socket)
      const set = (name: number, value: number) => setOption(native(), fd, IPPROTO_TCP, name, value)
      check('setsockopt TCP_NOTSENT_LOWAT', set(TCP_NOTSENT_LOWAT, UNSENT_BYTES))
      check('setsockopt TCP_USER_TIMEOUT', set(TCP_USER_TIMEOUT, USER_TIMEOUT))
    } catch (thrown) {
      if (hasCode(thrown, NOT_TCP)) return
      failed = true
      log.warn('the kernel may hold megabytes of a slow connection: its send buffer cannot be bounded', {
        why: asError(thrown).message,
      })
    }
  }
}
