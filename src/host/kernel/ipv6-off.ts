import { networkInterfaces } from 'node:os'
import { inNamespace } from '../../native/process/namespace-scope.js'
import { hasIpv6 } from './has-ipv6.js'
import { readSetting } from './kernel-setting.js'

const SETTINGS = '/proc/sys/net/ipv6/conf'
/** IPv6 addresses, a line each: that of the loopback interface at least, unless that is down or IPv6 is off. */
const ADDRESSES = '/proc/net/if_inet6'

/**
 * What turns IPv6 off for an interface, by the name that sysctl(8) takes: such as "net.ipv6.conf.all.disable_ipv6=1";
 * undefined if it takes IPv6, or nothing shows that it does not.
 *
 * @param settings Where the kernel has what is set of interfaces, which containers may hide.
 */
export function ipv6Off(device: string, settings = SETTINGS): string | undefined {
  if (!hasIpv6()) return 'the kernel parameter ipv6.disable=1'
  const switchOf = (name: string) => readSetting(`${settings}/${name}/disable_ipv6`)
  const isOff = (name: string) => switchOf(name) === '1'
  if (switchOf('all') === undefined && readSetting(ADDRESSES) === '' && isLoopbackUp()) {
    return `net.ipv6.conf.all.disable_ipv6=1, as far as this system without ${settings} shows`
  }
  if (!isOff(device)) return undefined
  // A new interface has what these say.
  const cause = ['all', 'default'].find(isOff) ?? device.replaceAll('.', '/')
  return `net.ipv6.conf.${cause}.disable_ipv6=1`
}

/** Then it has an address of IPv4, in a new network as well. */
function isLoopbackUp(): boolean {
  const shown = Object.values(inNamespace(networkInterfaces)).flat()
  return shown.some((address) => address?.internal)
}
