import { zoneOf } from './zone.js'

/** A host as a URL writes it, without the brackets of an IPv6 address. */
export function bareHost(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}

/** The host of an endpoint as resolvers and sockets take it: an IPv6 address has no brackets, and its zone. */
export function dialledHost(endpoint: URL): string {
  return bareHost(endpoint.hostname) + zoneOf(endpoint)
}
