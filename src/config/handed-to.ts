import { type ClientSettings, MOST_HANDED } from '../core/client-settings.js'
import { parseIpAddress } from '../core/ip-address.js'
import { networkOf, textOf } from '../core/ip-network.js'
import { parseIpPrefix } from '../core/ip-prefix.js'
import type { ConfigModel, PeerModel } from './model.js'

/**
 * What a peer is handed when it asks: the single addresses that it owns, and what the file has for it, or else for all
 * clients.
 */
export function handedTo(peer: PeerModel, { server = {} }: ConfigModel): ClientSettings {
  const networks = (texts: readonly string[]) => texts.map((text) => networkOf(parseIpPrefix(text)!))
  const names = peer.pushDns ?? server.pushDns ?? []
  const isAddress = (name: string) => parseIpAddress(name) !== undefined
  return {
    addresses: networks(peer.allowedIps ?? [])
      .filter(({ address, bits }) => bits === address.length * 8)
      .slice(0, MOST_HANDED.addresses),
    routes: networks(peer.pushRoutes ?? server.pushRoutes ?? []),
    nameServers: names.filter(isAddress).map((name) => textOf(parseIpAddress(name)!)),
    searchDomains: names.filter((name) => !isAddress(name)),
    mtu: peer.pushMtu ?? server.pushMtu,
  }
}
