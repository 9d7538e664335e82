import { mayLeadAround } from '../../app/device/ranges-around.js'
import type { TunnelConfig } from '../../core/api/config.js'

/** Whether a tunnel may change its host beyond its device: its configuration asks for that, or lets a peer push name servers. */
export function changesHost(config: TunnelConfig): boolean {
  const { host, peers } = config
  if (host === undefined) return false
  const { dns, forward, fullTunnel, hooks, killSwitch, mark, nat } = host
  return (
    [fullTunnel.ipv4, fullTunnel.ipv6, forward, killSwitch, nat].includes(true) ||
    mark !== undefined ||
    dns.servers.length > 0 ||
    Object.values(hooks).some((commands) => commands.length > 0) ||
    peers.some(({ accepts }) => accepts?.includes('dns')) ||
    // No plugin is loaded yet that says whether it dials through proxies, so it may do either.
    [{}, { proxied: true }].some((traits) => mayLeadAround(config, () => traits))
  )
}
