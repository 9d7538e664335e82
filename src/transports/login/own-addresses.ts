import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What never leaves a host, or goes to many: RFC 1122 section 3.2.1.3, RFC 5771, RFC 4291. */
const NEVER = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['224.0.0.0', 3],
] as const)
  NEVER.addSubnet(network, bits)
for (const [network, bits] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  NEVER.addSubnet(network, bits, 'ipv6')

/** Whether an address is one of this host's, at this time, or none of another host's. */
export function isOwnAddress(address: string, interfaces = networkInterfaces()): boolean {
  if (NEVER.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return true
  return Object.values(interfaces).some((own) => own?.some((one) => one.address === address))
}
