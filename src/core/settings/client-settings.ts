import type { IpPrefix } from '../ip/ip-prefix.js'

/** What a server pushes to one of its clients; the client decides what of it to apply. */
export interface ClientSettings {
  /** The client's inner addresses, each alone. */
  readonly addresses: readonly IpPrefix[]
  /** The networks that the client reaches by way of the server. */
  readonly routes: readonly IpPrefix[]
  /** Addresses of name servers. */
  readonly nameServers: readonly string[]
  /** Domains that names are looked up in. */
  readonly searchDomains: readonly string[]
  /** Bytes of the largest packet inside the tunnel; absent if the client's own choice stands. */
  readonly mtu?: number | undefined
}

/** The kinds of settings that a client may accept. */
export const SETTING_KINDS = ['addresses', 'routes', 'dns', 'mtu'] as const
export type SettingKind = (typeof SETTING_KINDS)[number]

/** How many of each there may be: all of them fit one control message, within the smallest MTU. */
export const MAX_PUSHED = { addresses: 8, routes: 32, nameServers: 4, searchDomains: 4 } as const

/** Routes among them that a file may name. */
export const MOST_PUSHED_ROUTES = 24

/** Characters in a domain to search in. */
export const MAX_SEARCH_DOMAIN = 64

/** A domain to search in, of at most MAX_SEARCH_DOMAIN characters. */
export const SEARCH_DOMAIN =
  /^(?=.{1,64}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/i

/** Nothing at all. */
export const NO_SETTINGS: ClientSettings = { addresses: [], routes: [], nameServers: [], searchDomains: [] }

/** Whether two ends would do the same with both. */
export function sameSettings(a: ClientSettings, b: ClientSettings): boolean {
  return summary(a) === summary(b)
}

function summary({ addresses, routes, nameServers, searchDomains, mtu }: ClientSettings): string {
  const texts = (prefixes: readonly IpPrefix[]) => prefixes.map(({ text }) => text)
  return JSON.stringify([texts(addresses), texts(routes), nameServers, searchDomains, mtu])
}
