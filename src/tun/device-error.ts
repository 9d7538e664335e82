import { statSync } from 'node:fs'
import { asError, TunError } from '../core/api/errors.js'

/** What TUN interfaces are made of. */
export const TUN_DEVICE = '/dev/net/tun'

/** Why the TUN device cannot be opened, and what would help. */
export function deviceError(thrown: unknown): TunError {
  const code = (thrown as NodeJS.ErrnoException).code
  if (code === 'EACCES' && closedToOthers()) {
    const help = `its rights let only root open it; run "chmod 666 ${TUN_DEVICE}", as udev does, or use root`
    return new TunError(`Cannot open ${TUN_DEVICE}: ${help}`, { code: 'ERR_TUN_PERMISSION', cause: thrown })
  }
  if (code === 'EACCES' || code === 'EPERM') return permissionError(thrown)
  if (code === 'ENOENT' || code === 'ENODEV' || code === 'ENXIO') {
    const help = `it is not there; load the module with 'modprobe tun', or hand ${TUN_DEVICE} to the container`
    return new TunError(`Cannot open ${TUN_DEVICE}: ${help}`, { code: 'ERR_TUN_MISSING', cause: thrown })
  }
  return new TunError(`Cannot open ${TUN_DEVICE}: ${asError(thrown).message}`, {
    code: 'ERR_TUN_FAILED',
    cause: thrown,
  })
}

/** What to do where the system forbids TUN devices. */
export function permissionError(cause: unknown): TunError {
  const help = 'this needs root or the capability CAP_NET_ADMIN; try sudo'
  return new TunError(`Cannot open a TUN device: permission denied; ${help}`, {
    code: 'ERR_TUN_PERMISSION',
    cause,
  })
}

/** Whether users who are not root may not even open the device, whatever capabilities they have. */
function closedToOthers(): boolean {
  return (statSync(TUN_DEVICE).mode & 0o006) !== 0o006
}
