import { type ClientSettings, MOST_HANDED, MOST_PUSHED_ROUTES } from '../core/client-settings.js'
import { parseIpAddress } from '../core/ip-address.js'
import { networkOf, textOf } from '../core/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../core/ip-prefix.js'
import type { ConfigModel, PeerModel } from './model.js'

/** The networks of this end have what room files leave. */
const MOST_OWN_ROUTES = MOST_HANDED.routes - MOST_PUSHED_ROUTES

/**
 * What a peer is handed when it asks: the single addresses that it owns, routes to this end's own networks, and what
 * the file has for it, or else for all clients.
 */
export function handedTo(peer: PeerModel, { interface: own, server = {} }: ConfigModel): ClientSettings {
  const networks = (texts: readonly string[]) => texts.map((text) => networkOf(parseIpPrefix(text)!))
  const names = peer.pushDns ?? server.pushDns ?? []
  const isAddress = (name: string) => parseIpAddress(name) !== undefined
  return {
    addresses: networks(peer.allowedIps ?? [])
      .filter(isSingle)
      .slice(0, MOST_HANDED.addresses),
    routes: [
      ...networks(own.address ?? [])
        .filter((network) => !isSingle(network))
        .slice(0, MOST_OWN_ROUTES),
      ...networks(peer.pushRoutes ?? server.pushRoutes ?? []),
    ],
    nameServers: names.filter(isAddress).map((name) => textOf(parseIpAddress(name)!)),
    searchDomains: names.filter((name) => !isAddress(name)),
    mtu: peer.pushMtu ?? server.pushMtu,
  }
}

function isSingle({ address, bits }: IpPrefix): boolean {
  return bits === address.length * 8
}
