import { readdirSync } from 'node:fs'
import { inNamespace } from '../../native/process/namespace-scope.js'
import type { Journal } from '../record/journal.js'
import { changeSetting, keepSetting, readSetting, shareSettings } from './kernel-setting.js'

const SETTINGS = '/proc/sys/net'
const FORWARD_IPV4 = `${SETTINGS}/ipv4/ip_forward`
const FORWARD_IPV6 = `${SETTINGS}/ipv6/conf/all/forwarding`
/** The value of accept_ra that listens to routers also while the host forwards. ip-sysctl */
const ALSO_WHEN_FORWARDING = '2'

/**
 * Has the host forward packets of these families. The kernel changes other settings along with that; they are put
 * back, too. If it does already, because of another tunnel, the last one of them restores them.
 *
 * @throws HostError if it cannot be changed.
 */
export function changeForwarding(ipv4: boolean, ipv6: boolean, journal: Journal): void {
  if (ipv4) {
    if (readSetting(FORWARD_IPV4) === '1') shareSettings(`${SETTINGS}/ipv4/`, journal)
    else forwardIpv4(journal)
  }
  if (ipv6) {
    if (readSetting(FORWARD_IPV6) === '1') shareSettings(`${SETTINGS}/ipv6/`, journal)
    else forwardIpv6(journal)
  }
}

function forwardIpv4(journal: Journal): void {
  keepOthers('ipv4', 'accept_redirects', '1', journal)
  keepOthers('ipv4', 'forwarding', '0', journal)
  changeSetting(FORWARD_IPV4, '1', journal)
}

/** A host that forwards IPv6 no longer learns its own default route from routers, unless it is told to. */
function forwardIpv6(journal: Journal): void {
  for (const name of interfacesOf('ipv6')) {
    const learns = `${SETTINGS}/ipv6/conf/${name}/accept_ra`
    if (readSetting(learns) === '1') changeSetting(learns, ALSO_WHEN_FORWARDING, journal)
  }
  keepOthers('ipv6', 'forwarding', '0', journal)
  changeSetting(FORWARD_IPV6, '1', journal)
}

/** Keeps a setting of interfaces if it is not what the kernel makes of it when forwarding ends. */
function keepOthers(family: 'ipv4' | 'ipv6', setting: string, afterwards: string, journal: Journal): void {
  for (const name of ['all', 'default', ...interfacesOf(family)]) {
    const path = `${SETTINGS}/${family}/conf/${name}/${setting}`
    if (readSetting(path) !== afterwards) keepSetting(path, journal)
  }
}

function interfacesOf(family: 'ipv4' | 'ipv6'): string[] {
  const folder = `${SETTINGS}/${family}/conf`
  return inNamespace(() => readdirSync(folder)).filter((name) => name !== 'all' && name !== 'default')
}
