import { parseIpAddress } from './ip-address.js'

/** An IPv6 address with the interface at whose link it is, by name or number: `fe80::1%eth0`. RFC 4007 section 11 */
export const ZONED = /^([0-9a-f:.]+)%([A-Za-z0-9_.-]{1,15})$/i

/** The bytes of an address that may have a zone, which they lack; undefined if the text is no address. */
export function parseZonedAddress(text: string): Uint8Array | undefined {
  return parseIpAddress(ZONED.exec(text)?.[1] ?? text)
}

/** How a URL keeps a zone: WHATWG's know none in a host, and no transport sends a fragment. */
const FRAGMENT = /^#zone=(.+)$/

/** Notes the zone of a URL's host. */
export function setZone(url: URL, zone: string): void {
  url.hash = `zone=${zone}`
}

/** The zone of a URL's host with its percent sign, such as `%eth0`; empty if it has none. */
export function zoneOf(url: URL): string {
  const [, zone] = FRAGMENT.exec(url.hash) ?? []
  return zone === undefined ? '' : `%${zone}`
}
