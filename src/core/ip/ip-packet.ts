/** Where the addresses are in an IP packet, and how long they are. RFC 791 section 3.1, RFC 8200 section 3. */
const IPV4 = { header: 20, source: 12, destination: 16, addressBytes: 4 } as const
const IPV6 = { header: 40, source: 8, destination: 24, addressBytes: 16 } as const

/** Offsets of an IP packet's addresses. */
export type IpLayout = typeof IPV4 | typeof IPV6

/** The layout of a packet by its version, or undefined if it is not a whole IP header. */
export function ipLayout(packet: Uint8Array): IpLayout | undefined {
  const version = packet[0]! >> 4
  if (version === 4 && packet.length >= IPV4.header) return IPV4
  if (version === 6 && packet.length >= IPV6.header) return IPV6
  return undefined
}
