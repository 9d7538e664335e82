import { asError, isTransportError, TransportError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { native } from '../../native/base/native.js'
import { nativeUdp } from './udp-native.js'
import type { BindUdp } from './udp-port.js'
import { UdpSocket } from './udp-socket.js'

/** What no other way to open a socket would change. */
const DEFINITE = ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES', 'EPERM', 'EAFNOSUPPORT']

/**
 * Opens UDP sockets natively, or by node:dgram if that cannot be done; says so once.
 *
 * @throws TransportError if `mark` is not 0 and node:dgram would have to be used, which cannot mark.
 */
export function chooseUdp(log: Logger, mark = 0): BindUdp {
  let bindNative: BindUdp | undefined
  let portable = false
  return async (family, host, port) => {
    if (!portable) {
      try {
        bindNative ??= nativeUdp(native(), log, mark)
        return await bindNative(family, host, port)
      } catch (thrown) {
        if (isDefinite(thrown)) throw thrown
        portable = true
        log.info('using node:dgram for UDP, which is slower', { why: asError(thrown).message })
      }
    }
    if (mark === 0) return UdpSocket.bind(family, host, port)
    throw new TransportError(`Cannot mark UDP packets with ${mark}: only native sockets can`, {
      code: 'ERR_TRANSPORT_LISTEN',
    })
  }
}

function isDefinite(thrown: unknown): boolean {
  if (!isTransportError(thrown)) return false
  const { code } = (thrown.cause ?? {}) as NodeJS.ErrnoException
  return code !== undefined && DEFINITE.includes(code)
}
