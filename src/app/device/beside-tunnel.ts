import type { TunnelConfig } from '../../core/api/config.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { BesideTunnel } from '../../core/settings/beside-tunnel.js'
import { excludedRanges } from '../../core/settings/excluded-ranges.js'

/** What of a host's packets passes beside a tunnel by its configuration. */
export function besideOf({
  allowLan = false,
  answerInbound,
  excluded = [],
  peers,
  tun,
}: TunnelConfig): BesideTunnel {
  const own = tun.addresses.map(({ local, peer, prefix }) => ({
    address: parseIpAddress(peer ?? local)!,
    bits: prefix,
  }))
  return { excluded: excludedRanges(excluded, { own, peers }), allowLan, answerInbound }
}
