import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import type { HostSettings } from '../../core/settings/host-settings.js'
import type { ConfigModel } from '../schema/model.js'
import { nameServersOf } from './name-servers.js'

/** What a file asks of the host beyond the device. */
export function hostSettings(model: ConfigModel): HostSettings {
  const { interface: own } = model
  return {
    fullTunnel: fullTunnel(model),
    mark: own.fwmark === 0 ? undefined : own.fwmark,
    killSwitch: own.killSwitch ?? false,
    underlayRoutes: own.underlayRoutes !== 'none',
    dns: nameServersOf(own.dns ?? [], own.dnsDomains),
    hooks: {
      preUp: own.preUp ?? [],
      postUp: own.postUp ?? [],
      preDown: own.preDown ?? [],
      postDown: own.postDown ?? [],
    },
    forward: own.forward ?? false,
    nat: own.nat ?? false,
  }
}

/** The families that a peer owns all of, unless the file leaves routes to somebody else, such as the peer. */
function fullTunnel({ interface: own, peers }: ConfigModel): HostSettings['fullTunnel'] {
  if (own.table !== undefined && own.table !== 'auto') return { ipv4: false, ipv6: false }
  const whole = peers
    .filter(({ accept = [] }) => !accept.includes('routes'))
    .flatMap(({ allowedIps = [] }) => allowedIps.map((text) => parseIpPrefix(text)!))
    .filter(({ bits }) => bits === 0)
  return {
    ipv4: whole.some(({ address }) => address.length === 4),
    ipv6: whole.some(({ address }) => address.length === 16),
  }
}
