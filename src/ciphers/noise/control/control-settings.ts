import { parseIpAddress } from '../../../core/ip/ip-address.js'
import { networkOf, textOf } from '../../../core/ip/ip-network.js'
import type { IpPrefix } from '../../../core/ip/ip-prefix.js'
import { type ClientSettings, MAX_PUSHED, SEARCH_DOMAIN } from '../../../core/settings/client-settings.js'
import type { ControlItem } from './control.js'

/**
 * Items of settings, each with its value:
 *
 *     address: 4 or 16 bytes · route: bits 1, network 4 or 16 · name server: 4 or 16 · search domain: ASCII · MTU: 2, big-endian
 */
const ITEMS = { address: 1, route: 2, nameServer: 3, searchDomain: 4, mtu: 5 } as const

/** The items of settings. They fit a control message if no more are pushed than MAX_PUSHED. */
export function settingsItems(settings: ClientSettings): ControlItem[] {
  const { addresses, routes, nameServers, searchDomains, mtu } = settings
  return [
    ...addresses.map(({ address }) => ({ type: ITEMS.address, value: address })),
    ...routes.map(({ address, bits }) => ({ type: ITEMS.route, value: Uint8Array.of(bits, ...address) })),
    ...nameServers.map((text) => ({ type: ITEMS.nameServer, value: parseIpAddress(text)! })),
    ...searchDomains.map((text) => ({ type: ITEMS.searchDomain, value: Buffer.from(text, 'latin1') })),
    ...(mtu === undefined ? [] : [{ type: ITEMS.mtu, value: Uint8Array.of(mtu >>> 8, mtu) }]),
  ]
}

/**
 * The settings that items hold, as copies; undefined if a value is malformed or there are too many of a kind. Items
 * of unknown types are ignored.
 */
export function readSettings(items: readonly ControlItem[]): ClientSettings | undefined {
  const addresses: IpPrefix[] = []
  const routes: IpPrefix[] = []
  const nameServers: string[] = []
  const searchDomains: string[] = []
  let mtu: number | undefined
  for (const { type, value } of items) {
    let isRight = true
    if (type === ITEMS.address) isRight = add(addresses, MAX_PUSHED.addresses, readAddress(value))
    else if (type === ITEMS.route) isRight = add(routes, MAX_PUSHED.routes, readRoute(value))
    else if (type === ITEMS.nameServer)
      isRight = add(nameServers, MAX_PUSHED.nameServers, readNameServer(value))
    else if (type === ITEMS.searchDomain)
      isRight = add(searchDomains, MAX_PUSHED.searchDomains, readDomain(value))
    else if (type === ITEMS.mtu) {
      isRight = value.length === 2 && mtu === undefined
      mtu = (value[0]! << 8) | value[1]!
    }
    if (!isRight) return undefined
  }
  return { addresses, routes, nameServers, searchDomains, mtu }
}

/** Adds a value that could be read, if there is room for it. */
function add<Value>(to: Value[], most: number, value: Value | undefined): boolean {
  return value !== undefined && to.push(value) <= most
}

function isAddress(bytes: Uint8Array): boolean {
  return bytes.length === 4 || bytes.length === 16
}

function readAddress(value: Uint8Array): IpPrefix | undefined {
  return isAddress(value) ? networkOf({ address: value, bits: value.length * 8 }) : undefined
}

function readRoute(value: Uint8Array): IpPrefix | undefined {
  const address = value.subarray(1)
  const bits = value[0]!
  return isAddress(address) && bits <= address.length * 8 ? networkOf({ address, bits }) : undefined
}

function readNameServer(value: Uint8Array): string | undefined {
  return isAddress(value) ? textOf(value) : undefined
}

function readDomain(value: Uint8Array): string | undefined {
  const text = Buffer.from(value).toString('latin1')
  return SEARCH_DOMAIN.test(text) ? text : undefined
}
