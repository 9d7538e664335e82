/** An IPv4 header of 20 bytes from 10.0.0.1 to 10.0.0.2, with "don't fragment". Its checksum is left out. */
export function ipv4Header(protocol: number, payload: number): number[] {
  const length = 20 + payload
  return [0x45, 0, length >> 8, length & 0xff, 0, 1, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
}

/** An IPv6 header from fd00::1 to fd00::2. */
export function ipv6Header(protocol: number, payload: number): number[] {
  const address = (last: number) => [0xfd, ...new Array(14).fill(0), last]
  return [0x60, 0, 0, 0, payload >> 8, payload & 0xff, protocol, 64, ...address(1), ...address(2)]
}

/**
 * The ones' complement sum of a packet's transport and its pseudo-header, word by word as RFC 1071 has it: 0xffff
 * where its checksum is right.
 */
export function transportSum(packet: Uint8Array): number {
  const isIpv4 = packet[0]! >> 4 === 4
  const header = isIpv4 ? 20 : 40
  const addresses = isIpv4 ? packet.subarray(12, 20) : packet.subarray(8, 40)
  const protocol = packet[isIpv4 ? 9 : 6]!
  const length = packet.length - header
  return plainSum(
    Uint8Array.of(...addresses, 0, protocol, length >> 8, length & 0xff, ...packet.subarray(header)),
  )
}

/** The ones' complement sum of bytes. */
export function plainSum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) {
    sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}
