import fs from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import { QanatError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Native } from '../../native/base/native.js'
import { checkMessageLayout } from '../../native/base/sockets.js'
import { openUdp, type UdpDescriptor } from '../../native/udp/udp-descriptor.js'
import { listenError } from '../net/listen-error.js'
import { nativeAddress } from '../net/native-address.js'
import { UdpNativeSocket } from './udp-native-socket.js'
import { type BindUdp, type Family, udpEndpoint } from './udp-port.js'

/**
 * A way to open UDP sockets on their bare descriptors. `mark` marks what they send, for routing rules; 0 does not.
 *
 * @throws QanatError ERR_NATIVE if that cannot be done here.
 */
export function nativeUdp(native: Native, log: Logger, mark = 0): BindUdp {
  checkMessageLayout()
  if (!isMainThread) {
    throw new QanatError('Cannot watch sockets from a worker: the loop belongs to the main thread', {
      code: 'ERR_NATIVE',
    })
  }
  let told = false
  return async (family, host, port) => {
    const descriptor = open(native, family, host, port, mark)
    const { joins, segments } = descriptor
    if (!told && !(joins && segments)) {
      told = true
      log.info('the kernel is too old for UDP segmentation offload: UDP is slower', { joins, segments })
    }
    try {
      return new UdpNativeSocket(native, descriptor, family, host, log, mark)
    } catch (thrown) {
      fs.closeSync(descriptor.fd)
      throw thrown
    }
  }
}

function open(native: Native, family: Family, host: string, port: number, mark: number): UdpDescriptor {
  try {
    return openUdp(native, nativeAddress({ address: host, family }, port), mark)
  } catch (thrown) {
    throw listenError(udpEndpoint(family, host, port), thrown)
  }
}
