import type { DependencyContainer } from 'tsyringe'
import { asError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import type { TunDriver } from '../core/api/tun-device.js'
import { native } from '../native/base/native.js'
import { choosePlugin } from './plugins/plugins.js'

/** Makes the TUN driver of that name, or if none is asked for the fastest that works here. */
export async function makeDriver(
  container: DependencyContainer,
  name: string | undefined,
  log: Logger,
  signal: AbortSignal,
): Promise<TunDriver> {
  const chosen = choosePlugin(container, 'TUN driver', name ?? defaultDriver(log))
  const made = await chosen.make({}, signal)
  if (!chosen.isGuarded) return made
  const { GuardedDriver } = await import('./faults/guarded-driver.js')
  const { faults } = chosen
  faults.checkMade('create', 'TUN driver', made)
  return new GuardedDriver(made, faults)
}

/** The name of the fastest TUN driver that works here. */
export function defaultDriver(log: Logger): string {
  try {
    native()
    return 'linux'
  } catch (thrown) {
    log.info('using the TUN driver tuntap2, which is slower', { why: asError(thrown).message })
    return 'tuntap2'
  }
}
