import { asError } from '../../../src/core/api/errors.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { type Native, native } from '../../../src/native/base/native.js'
import { nativeUdp } from '../../../src/transports/udp/udp-native.js'
import type { BindUdp } from '../../../src/transports/udp/udp-port.js'
import { UdpSocket } from '../../../src/transports/udp/udp-socket.js'

/** Why tests that need native sockets are skipped; undefined where there are such. */
export const nativeMissing: string | undefined = missing()

/** Binds by node:dgram. */
export const bindPortable: BindUdp = (...address) => UdpSocket.bind(...address)

/** Binds natively; parts of the system may be replaced. */
export function bindNative(replaced: Partial<Native> = {}, log: Logger = silentLogger): BindUdp {
  return nativeUdp({ ...native(), ...replaced }, log)
}

function missing(): string | undefined {
  try {
    nativeUdp(native(), silentLogger)
    return undefined
  } catch (thrown) {
    return asError(thrown).message
  }
}
