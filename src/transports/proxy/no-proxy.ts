import { bareHost } from '../../core/ip/bare-host.js'
import { Networks } from '../net/networks.js'

/**
 * Whether a NO_PROXY list names a host: by its name, which stands for all names below it, too, by `*`, by an
 * address, or by a network as CIDR; each may have a port (as curl and Go read it).
 */
export function namesHost(list: string, host: string, port: number): boolean {
  const name = bareHost(host).toLowerCase()
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, name, port))
}

function matches(entry: string, name: string, port: number): boolean {
  if (entry === '*') return true
  const networks = new Networks()
  if (networks.add(entry)) return networks.has(name)
  const [, pattern, wantedPort] = /^(.*?)(?::(\d+))?$/.exec(entry)!
  if (wantedPort !== undefined && Number(wantedPort) !== port) return false
  const domain = bareHost(pattern!.replace(/^\*?\./, ''))
  return name === domain || name.endsWith(`.${domain}`)
}
