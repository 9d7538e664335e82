/** An address as a socket of both families writes it, as the IPv4 one that it stands for; empty if there is none. */
export function plainAddress(address = ''): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
