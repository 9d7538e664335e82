import { hasIpv6 } from './has-ipv6.js'
import { readSetting } from './kernel-setting.js'

const SETTINGS = '/proc/sys/net/ipv6/conf'
/** IPv6 addresses, a line each: that of the loopback interface at least, unless IPv6 is off. */
const ADDRESSES = '/proc/net/if_inet6'

/**
 * What turns IPv6 off for an interface, by the name that sysctl(8) takes: such as "net.ipv6.conf.all.disable_ipv6=1";
 * undefined if it takes IPv6.
 */
export function ipv6Off(device: string): string | undefined {
  if (!hasIpv6()) return 'the kernel parameter ipv6.disable=1'
  const switchOf = (name: string) => readSetting(`${SETTINGS}/${name}/disable_ipv6`)
  const isOff = (name: string) => switchOf(name) === '1'
  if (switchOf('all') === undefined && readSetting(ADDRESSES) === '') {
    return `net.ipv6.conf.all.disable_ipv6=1, as far as this system without ${SETTINGS} shows`
  }
  if (!isOff(device)) return undefined
  // A new interface has what these say.
  const cause = ['all', 'default'].find(isOff) ?? device.replaceAll('.', '/')
  return `net.ipv6.conf.${cause}.disable_ipv6=1`
}
