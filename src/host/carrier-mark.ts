import { asError, ConfigError } from '../core/api/errors.js'
import type { HostSettings } from '../core/settings/host-settings.js'
import { native } from '../native/base/native.js'
import { freeTable } from './routing-rules.js'

/**
 * The mark that the settings ask for or need: 0 if they do without.
 *
 * @throws ConfigError if packets cannot be marked.
 */
export async function markFor({ fullTunnel, killSwitch, mark = 0 }: HostSettings): Promise<number> {
  const full = fullTunnel.ipv4 || fullTunnel.ipv6
  if (!full && !killSwitch && mark === 0) return 0
  try {
    native()
  } catch (thrown) {
    const what = full ? 'lead all into the tunnel' : killSwitch ? 'use the kill switch' : 'use the mark'
    throw new ConfigError(
      `Cannot ${what}: its own packets must be marked, which needs koffi: ${asError(thrown).message}`,
      { code: 'ERR_NATIVE', cause: thrown },
    )
  }
  return mark === 0 ? freeTable() : mark
}
