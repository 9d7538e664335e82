import { bareHost } from '../ip/bare-host.js'
import { parseIpAddress } from '../ip/ip-address.js'
import { liesWithin } from '../ip/ip-network.js'
import { parseIpPrefix } from '../ip/ip-prefix.js'

/**
 * Whether a NO_PROXY list names a host: by its name, which stands for all names below it, too, by `*`, by an
 * address, or by a network as CIDR; each may have a port (as curl and Go read it). Entries stand between commas,
 * semicolons and blanks; a dot at the end of a name, there or here, means nothing.
 */
export function namesHost(list: string, host: string, port: number): boolean {
  const name = withoutLastDot(bareHost(host).toLowerCase())
  return list
    .toLowerCase()
    .split(/[\s,;]+/)
    .some((entry) => entry !== '' && matches(entry, name, port))
}

function matches(entry: string, name: string, port: number): boolean {
  if (namesNetwork(entry, name)) return true
  const [, pattern, wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry)!
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false
  if (pattern === '*' || namesNetwork(pattern!, name)) return true
  const domain = withoutLastDot(pattern!.replace(/^\*?\./, ''))
  return domain !== '' && (name === domain || name.endsWith(`.${domain}`))
}

/** Brackets may stand around an address, and around that of a network, such as `[fd00::]/8`, too. */
function namesNetwork(entry: string, name: string): boolean {
  const network = parseIpPrefix(entry.replace(/^\[(.*)\](?=\/|$)/, '$1'))
  const address = network && parseIpAddress(name)
  return address !== undefined && liesWithin({ address, bits: address.length * 8 }, network!)
}

/** `example.org.` is the same name as `example.org`. RFC 1034 section 3.1 */
function withoutLastDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
