import { parseIpAddress } from '../../core/ip/ip-address.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { parseZonedAddress } from '../../core/ip/zone.js'
import type { HostNames } from './host-names.js'
import type { WgQuickKey } from './keys.js'

/** Keys whose number may be `off`, which is 0. */
const SWITCHED = ['keepalive', 'fwmark']
/** Numbers as wg and ip(8) take them. */
const NUMBER = /^(0x[0-9a-f]+|\d+)$/i

/**
 * The value of a key as a TOML file would hold it. A value without such a form is passed on as text, and the
 * schema refuses it.
 */
export function fromText({ key, form }: WgQuickKey, text: string, names: HostNames): unknown {
  switch (form) {
    case 'number':
      return numberOf(text, SWITCHED.includes(key))
    case 'table':
      return tableOf(text, names)
    case 'toggle':
      return toggleOf(text)
    case 'port':
      return [`udp://[::]:${portOf(text, names) ?? text}`]
    case 'list':
      return key === 'address' ? words(text).map(withBits) : words(text)
    case 'prefixes':
      return prefixes(text)
    case 'endpoints':
      return [endpointOf(text, names)]
    case 'lines':
      return [text]
    case 'text':
    case 'words':
      return text
  }
}

/** The values between commas and blanks; wg takes an empty list, too. */
function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '')
}

/** wg drops all blanks first, so that they never separate two prefixes. Here they do, unless the text is one prefix without them. */
function prefixes(text: string): string[] {
  return text.split(',').flatMap((item) => {
    const joined = item.replace(/\s/g, '')
    return parseIpPrefix(joined) === undefined ? words(item) : [joined]
  })
}

/** An address with bits for its mask, which ip(8) takes, too: 10.0.0.1/24 for 10.0.0.1/255.255.255.0. */
function withBits(address: string): string {
  const [, host, mask] = /^([\d.]+)\/(\d+\.[\d.]+)$/.exec(address) ?? []
  const bytes = mask === undefined ? undefined : parseIpAddress(mask)
  if (bytes === undefined) return address
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(bits) ? `${host}/${bits.replaceAll('0', '').length}` : address
}

/** Decimal, or hexadecimal as marks are written. */
function numberOf(text: string, switched: boolean): unknown {
  if (NUMBER.test(text)) return Number(text)
  return switched && text.toLowerCase() === 'off' ? 0 : text
}

function tableOf(text: string, { table }: HostNames): unknown {
  const word = text.toLowerCase()
  if (word === 'auto' || word === 'off') return word
  return NUMBER.test(text) ? Number(text) : (table(text) ?? text)
}

function toggleOf(text: string): unknown {
  const word = text.toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : text
}

/** A port by its number or by the name of its service. */
function portOf(text: string, { port }: HostNames): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : port(text)
}

/**
 * An endpoint of wg has a port; without one the text stays as it is, and the schema refuses it. As in wg, the port
 * follows the last colon, so that IPv6 needs no brackets.
 */
function endpointOf(text: string, names: HostNames): string {
  const [, bracketed, bare, service] = /^(?:\[([^\]]+)\]|([^[\]/]+)):([^:/]+)$/.exec(text) ?? []
  const host = bracketed ?? bare
  const port = service === undefined ? undefined : portOf(service, names)
  if (host === undefined || port === undefined) return text
  if (parseZonedAddress(host)?.length === 16) return `udp://[${host}]:${port}`
  return host.includes(':') ? text : `udp://${host}:${port}`
}

/** What wg writes for an endpoint; undefined if it cannot. */
export function bareEndpoint(url: string): string | undefined {
  return /^udp:\/\/((?:\[[^\]/]+\]|[^:/[\]]+):\d+)$/.exec(url)?.[1]
}

/** The port of an endpoint that listens at all local addresses by UDP. */
export function listenPortOf(url: string): string | undefined {
  return /^udp:\/\/\[::\]:(\d+)$/.exec(url)?.[1]
}
