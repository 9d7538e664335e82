import { ADDRESS_FAMILY, type Family } from '../base/sockets.js'

/** Bytes of struct sockaddr_in and struct sockaddr_in6. */
export const SOCKET_ADDRESS_BYTES = { 4: 16, 6: 28 } as const
/** Bytes of an IP address. */
const IP_BYTES = { 4: 4, 6: 16 } as const

/** Where their fields are. linux/in.h, linux/in6.h */
const FAMILY = 0
const PORT = 2
const IP = { 4: 4, 6: 8 } as const
const SCOPE = 24

/** An IP address and a port. */
export interface SocketAddress {
  readonly family: Family
  /** 4 or 16 bytes. */
  readonly ip: Uint8Array
  readonly port: number
  /** The number of the interface at whose link an IPv6 address is; absent: by routes. */
  readonly scope?: number | undefined
}

/** The address as the kernel takes it. Throws a RangeError if its bytes are too many or too few. */
export function encodeSocketAddress({ family, ip, port, scope }: SocketAddress): Uint8Array {
  if (ip.length !== IP_BYTES[family]) {
    throw new RangeError(
      `Cannot encode an IPv${family} address: ${ip.length} bytes are not ${IP_BYTES[family]}`,
    )
  }
  const bytes = new Uint8Array(SOCKET_ADDRESS_BYTES[family])
  const view = new DataView(bytes.buffer)
  view.setUint16(FAMILY, ADDRESS_FAMILY[family], true) // in the order of the host
  view.setUint16(PORT, port)
  bytes.set(ip, IP[family])
  if (family === 6 && scope !== undefined) view.setUint32(SCOPE, scope, true)
  return bytes
}

/** An address as the kernel gives it, or undefined if it is of another family or too short. */
export function decodeSocketAddress(bytes: Uint8Array): SocketAddress | undefined {
  const family = bytes[FAMILY] === ADDRESS_FAMILY[6] ? 6 : 4
  if (bytes.length < SOCKET_ADDRESS_BYTES[family]) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  if (view.getUint16(FAMILY, true) !== ADDRESS_FAMILY[family]) return undefined
  const at = IP[family]
  const address = { family, ip: bytes.slice(at, at + IP_BYTES[family]), port: view.getUint16(PORT) } as const
  const scope = family === 6 ? view.getUint32(SCOPE, true) : 0
  return scope === 0 ? address : { ...address, scope }
}

/** The host as a URL writes it: `192.0.2.1`, `[2001:db8::1]`. */
export function urlHost(ip: Uint8Array): string {
  if (ip.length === IP_BYTES[4]) return ip.join('.')
  const view = new DataView(ip.buffer, ip.byteOffset)
  const groups = Array.from({ length: IP_BYTES[6] / 2 }, (_, group) => view.getUint16(2 * group).toString(16))
  return new URL(`udp://[${groups.join(':')}]`).hostname // shortened as RFC 5952 says
}
