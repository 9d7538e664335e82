import { asError, ConfigError } from '../../core/api/errors.js'
import type { HostSettings } from '../../core/settings/host-settings.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'

/**
 * The way to the host's network that marks and full tunnels need; undefined if the settings need neither, and nothing
 * else is led into the tunnel past its own packets.
 *
 * @throws ConfigError if the system cannot be called directly, which marks packets, too.
 */
export function networkFor(
  { fullTunnel, killSwitch, mark = 0 }: HostSettings,
  isLed: boolean,
): RouteNetlink | undefined {
  const full = fullTunnel.ipv4 || fullTunnel.ipv6
  if (!full && !killSwitch && mark === 0 && !isLed) return undefined
  try {
    return new RouteNetlink()
  } catch (thrown) {
    const what = full ? 'lead all into the tunnel' : killSwitch ? 'use the kill switch' : 'use the mark'
    throw new ConfigError(
      `Cannot ${what}: its own packets must be marked, which needs koffi: ${asError(thrown).message}`,
      { code: 'ERR_NATIVE', cause: thrown },
    )
  }
}
