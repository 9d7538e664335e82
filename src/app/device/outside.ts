import type { TunnelConfig } from '../../core/api/config.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { excludedRanges } from '../../core/settings/excluded-ranges.js'

/** What of a host's packets stays outside a tunnel by its configuration, though a wider range goes into it. */
export function outside({ excluded = [], peers, tun }: TunnelConfig): readonly IpPrefix[] {
  const own = tun.addresses.map(({ local, peer, prefix }) => ({
    address: parseIpAddress(peer ?? local)!,
    bits: prefix,
  }))
  return excludedRanges(excluded, { own, peers })
}
