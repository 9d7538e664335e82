import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { networkOf } from '../../core/ip/ip-network.js'
import { parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { hasInterface } from '../../native/netlink/has-interface.js'
import { inNamespace } from '../../native/process/namespace-scope.js'
import type { Networks } from './host-networks.js'

/** Fields of a line of /proc/net/route, and of /proc/net/ipv6_route. proc_net(5) */
const INTERFACE_4 = 0
const GATEWAY_4 = 2
const NEXT_HOP_6 = 4
const INTERFACE_6 = 9

/** As `hostNetworks` without netlink: by Node and /proc, which show the interfaces that are up and the main table. */
export function procNetworks(device: string): Networks {
  if (!hasInterface(device)) return { connected: [], nextHops: [] }
  const connected = Object.entries(networkInterfaces())
    .filter(([name]) => name !== device)
    .flatMap(([, addresses = []]) => addresses.map(({ cidr }) => parseIpPrefix(cidr ?? '')))
    .filter((prefix) => prefix !== undefined)
    .map(networkOf)
  const gateways4 = gatewaysOf('/proc/net/route', device, INTERFACE_4, GATEWAY_4)
  const gateways6 = gatewaysOf('/proc/net/ipv6_route', device, INTERFACE_6, NEXT_HOP_6)
  // The kernel writes an IPv4 address as one number in the byte order of the processor.
  return { connected, nextHops: [...gateways4.map((address) => address.reverse()), ...gateways6] }
}

/** The addresses in a column of hexadecimal numbers that are not 0. */
function gatewaysOf(path: string, device: string, interfaceAt: number, gatewayAt: number): Uint8Array[] {
  return fieldsOf(path)
    .filter((fields) => fields[interfaceAt] !== device && /^[0-9a-f]*[1-9a-f]/i.test(fields[gatewayAt] ?? ''))
    .map((fields) => Uint8Array.from(Buffer.from(fields[gatewayAt]!, 'hex')))
    .filter(({ length }) => length === 4 || length === 16) // the first line of /proc/net/route has titles
}

/** What stands between spaces in the lines of a file; nothing if there is no such file, as without IPv6. */
function fieldsOf(path: string): string[][] {
  try {
    return inNamespace(() => readFileSync(path, 'utf8'))
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
  } catch {
    return []
  }
}
