import type { HostSettings } from '../core/settings/host-settings.js'
import type { Change } from './record/change.js'

/**
 * Whether a tunnel makes changes of a kind, so that one that was left has to be undone before. `isLed`: it leads ranges
 * into it past what carries it.
 */
export function needsUndone(settings: HostSettings, isLed: boolean, { kind }: Change): boolean {
  const { dns, forward, fullTunnel, killSwitch, nat } = settings
  const isFull = fullTunnel.ipv4 || fullTunnel.ipv6 || isLed
  if (kind === 'firewall') return isFull || killSwitch || nat
  if (kind === 'name-servers' || kind === 'resolvconf') return dns.servers.length > 0
  if (kind === 'setting') return isFull || forward || nat
  return isFull
}
