import { isIP } from 'node:net'
import { textOf } from '../../core/ip/ip-network.js'
import { withoutMapping } from '../../core/ip/source-address.js'
import { plainAddress } from './plain-address.js'

/** What a header of the PROXY protocol says of a connection. */
export interface ProxyHeader {
  /** Bytes of the header. What follows is the connection's own. */
  readonly bytes: number
  /** The client; undefined if the front end speaks for itself, or does not know. */
  readonly client: { readonly address: string; readonly port: number } | undefined
}

/** `\r\n\r\n\0\r\nQUIT\n` */
const SIGNATURE = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a)
const VERSION_1 = Buffer.from('PROXY ', 'latin1')
/** Bytes of a header of version 1 with its CRLF. Section 2.1 */
const MAX_VERSION_1 = 107
/** Bytes of version 2 that come before the addresses. Section 2.2 */
const FIXED = 16
/** Bytes of addresses and what follows them: HAProxy sends some hundred, with the fields of a client's certificate. */
const MAX_VERSION_2 = 2_048
const VERSION_AND_COMMAND = 12
const FAMILY = 13
const LENGTH_HIGH = 14
const LENGTH_LOW = 15
const LOCAL = 0x20
const PROXY = 0x21
/** Bytes of an address, by family: IPv4 and IPv6. What else there is names no client here. */
const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 2: 16 }

/**
 * Reads the header that a connection begins with, of version 1 or 2, as HAProxy's proxy-protocol.txt has them. Tells
 * if it is not whole yet, and `malformed` as soon as no header can come of it.
 */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | 'incomplete' | 'malformed' {
  if (startsAlike(bytes, SIGNATURE)) return bytes.length < FIXED ? 'incomplete' : readVersion2(bytes)
  if (startsAlike(bytes, VERSION_1)) return readVersion1(bytes)
  return 'malformed'
}

/** Whether bytes begin as a header does, as far as they go. */
function startsAlike(bytes: Uint8Array, beginning: Uint8Array): boolean {
  const length = Math.min(bytes.length, beginning.length)
  for (let at = 0; at < length; at++) if (bytes[at] !== beginning[at]) return false
  return true
}

function readVersion1(bytes: Uint8Array): ProxyHeader | 'incomplete' | 'malformed' {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAX_VERSION_1)).toString(
    'latin1',
  )
  const end = text.indexOf('\r\n')
  if (end < 0) return bytes.length < MAX_VERSION_1 ? 'incomplete' : 'malformed'
  const [, family, ...fields] = text.slice(0, end).split(' ')
  const header = { bytes: end + 2 }
  if (family === 'UNKNOWN') return { ...header, client: undefined }
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : undefined
  const [address = '', destination = '', port = '', toPort = ''] = fields
  const isWhole = fields.length === 4 && isIP(address) === version && isIP(destination) === version
  if (!isWhole || address.includes('%') || !isPort(port) || !isPort(toPort)) return 'malformed'
  return { ...header, client: { address: plainAddress(address), port: Number(port) } }
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 0xffff
}

function readVersion2(bytes: Uint8Array): ProxyHeader | 'incomplete' | 'malformed' {
  const command = bytes[VERSION_AND_COMMAND]!
  const length = (bytes[LENGTH_HIGH]! << 8) | bytes[LENGTH_LOW]!
  if ((command !== LOCAL && command !== PROXY) || length > MAX_VERSION_2) return 'malformed'
  const end = FIXED + length
  const size = ADDRESS_BYTES[bytes[FAMILY]! >> 4]
  // An address is there whole or not at all, whoever the front end is.
  if (command === PROXY && size !== undefined && length < 2 * size + 4) return 'malformed'
  if (bytes.length < end) return 'incomplete'
  if (command === LOCAL || size === undefined) return { bytes: end, client: undefined }
  const address = textOf(withoutMapping(bytes.subarray(FIXED, FIXED + size)))
  const portAt = FIXED + 2 * size
  return { bytes: end, client: { address, port: (bytes[portAt]! << 8) | bytes[portAt + 1]! } }
}
