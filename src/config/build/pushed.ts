import { parseIpAddress } from '../../core/ip/ip-address.js'
import { networkOf, textOf } from '../../core/ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { type ClientSettings, MAX_PUSHED, MOST_PUSHED_ROUTES } from '../../core/settings/client-settings.js'
import type { ConfigModel, PeerModel } from '../schema/model.js'

/** The networks of this end have what room files leave. */
const MOST_OWN_ROUTES = MAX_PUSHED.routes - MOST_PUSHED_ROUTES

/**
 * Lists the settings pushed to a peer when it asks: the single addresses that it owns, routes to this end's own networks, and
 * what the file has for it, or else for all clients, which is worked out once for all of them.
 */
export function pushedTo({ interface: own, server = {} }: ConfigModel): (peer: PeerModel) => ClientSettings {
  const ownRoutes = networks(own.address)
    .filter((network) => !isSingle(network))
    .slice(0, MOST_OWN_ROUTES)
  const routes = [...ownRoutes, ...networks(server.pushRoutes)]
  const names = namesOf(server.pushDns)
  return ({ allowedIps, pushDns, pushMtu, pushRoutes }) => ({
    addresses: networks(allowedIps).filter(isSingle).slice(0, MAX_PUSHED.addresses),
    routes: pushRoutes === undefined ? routes : [...ownRoutes, ...networks(pushRoutes)],
    ...(pushDns === undefined ? names : namesOf(pushDns)),
    mtu: pushMtu ?? server.pushMtu,
  })
}

function namesOf(names: readonly string[] = []): Pick<ClientSettings, 'nameServers' | 'searchDomains'> {
  const isAddress = (name: string) => parseIpAddress(name) !== undefined
  return {
    nameServers: names.filter(isAddress).map((name) => textOf(parseIpAddress(name)!)),
    searchDomains: names.filter((name) => !isAddress(name)),
  }
}

function networks(texts: readonly string[] = []): IpPrefix[] {
  return texts.map((text) => networkOf(parseIpPrefix(text)!))
}

function isSingle({ address, bits }: IpPrefix): boolean {
  return bits === address.length * 8
}
