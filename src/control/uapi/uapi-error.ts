/**
 * How a request ends, as the protocol writes it: what wireguard-go answers. errno(3), with a minus
 */
export const ERRNO = { ok: 0, invalid: -22, protocol: -71, inUse: -16, addressInUse: -98 } as const

/** A request that is not carried out. Its message never shows a value: that may be a key. */
export class UapiError extends Error {
  readonly errno: number

  constructor(message: string, errno: number = ERRNO.invalid) {
    super(message)
    this.name = 'UapiError'
    this.errno = errno
  }
}
