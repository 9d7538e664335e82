import { MIN_MTU } from '../api/config.js'
import { liesWithin } from '../ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../ip/ip-prefix.js'
import type { ClientSettings, SettingKind } from '../settings/client-settings.js'
import { conflictWith, type HostNetworks, NO_NETWORKS } from './host-networks.js'

/** What a client's own file lets one of its peers decide. */
export interface SettingsPermission {
  /** The kinds of settings that are accepted at all. */
  readonly accepts: readonly SettingKind[]
  /** The inner addresses that the peer owns: it may push nothing beyond them. */
  readonly allowed: readonly IpPrefix[]
  /** Bytes. The most that the MTU may be: what the file says itself. */
  readonly mtu: number
}

/** What came of settings. */
export interface Permitted {
  readonly settings: ClientSettings
  /** What was refused and why, for the log; of the kinds that are accepted. */
  readonly refused: readonly string[]
}

/**
 * The part of pushed settings that the client's file permits and its host bears. `carriers` are addresses by which peers
 * are reached: what holds one of them would draw the tunnel into itself.
 */
export function permittedSettings(
  pushed: ClientSettings,
  { accepts, allowed, mtu }: SettingsPermission,
  carriers: readonly Uint8Array[],
  host: HostNetworks = NO_NETWORKS,
): Permitted {
  const refused: string[] = []
  const accepted = <Value>(
    kind: SettingKind,
    values: readonly Value[],
    whyNot: (value: Value) => string | undefined,
  ) =>
    values.filter((value) => {
      if (!accepts.includes(kind)) return false
      const why = whyNot(value)
      if (why !== undefined) refused.push(why)
      return why === undefined
    })
  const range = (prefix: IpPrefix) => {
    if (!allowed.some((outer) => liesWithin(prefix, outer)))
      return `${prefix.text} is beyond what the peer owns`
    if (carriers.some((address) => liesWithin({ address, bits: address.length * 8 }, prefix)))
      return `${prefix.text} holds an address that the tunnel itself is carried by`
    return conflictWith(host, prefix)
  }
  const settings = {
    addresses: accepted('addresses', pushed.addresses, (prefix) =>
      isUnicast(prefix.address) ? range(prefix) : `${prefix.text} is no address of a host`,
    ),
    routes: accepted('routes', pushed.routes, range),
    nameServers: accepted('dns', pushed.nameServers, (text) => {
      const server = parseIpPrefix(text)!
      if (!isUnicast(server.address)) return `${text} is no address of a name server`
      return conflictWith({ ...host, nameServers: [] }, server) // the same one again is no harm
    }),
    searchDomains: accepted('dns', pushed.searchDomains, () => undefined),
    mtu: accepted('mtu', pushed.mtu === undefined ? [] : [pushed.mtu], (bytes) =>
      bytes >= MIN_MTU && bytes <= mtu ? undefined : `the MTU ${bytes} is not within ${MIN_MTU} to ${mtu}`,
    )[0],
  }
  return { settings, refused: [...new Set(refused)] }
}

/** Whether an address may be that of one host: neither unspecified, loopback, multicast, nor IPv4 in IPv6. */
function isUnicast(address: Uint8Array): boolean {
  const first = address[0]!
  if (address.length === 4) return first !== 0 && first !== 127 && first < 224
  return first !== 0xff && address.subarray(0, 8).some((byte) => byte !== 0)
}
