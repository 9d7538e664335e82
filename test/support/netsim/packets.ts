const IPV4_HEADER = 20
const IPV6_HEADER = 40

/** An IPv4 packet of the given length, at least 28, whose payload is `number` and bytes that follow from it. */
export function ipv4Packet(length: number, number = 0): Uint8Array {
  const bytes = filled(length, number, IPV4_HEADER)
  bytes[0] = 0x45
  new DataView(bytes.buffer).setUint16(2, length)
  bytes.set([10, 0, 0, 1, 10, 0, 0, 2], 12)
  return bytes
}

/** As `ipv4Packet`, for IPv6; at least 48 bytes. */
export function ipv6Packet(length: number, number = 0): Uint8Array {
  const bytes = filled(length, number, IPV6_HEADER)
  bytes[0] = 0x60
  new DataView(bytes.buffer).setUint16(4, length - IPV6_HEADER)
  return bytes
}

/** The number that a packet bears. */
export function numberOf(packet: Uint8Array): number {
  const header = packet[0]! >>> 4 === 6 ? IPV6_HEADER : IPV4_HEADER
  return new DataView(packet.buffer, packet.byteOffset, packet.length).getUint32(header)
}

function filled(length: number, number: number, header: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  for (let at = header; at < length; at++) bytes[at] = number + at
  new DataView(bytes.buffer).setUint32(header, number)
  bytes.fill(0, 0, header)
  return bytes
}
