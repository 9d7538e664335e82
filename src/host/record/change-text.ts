import { RESOLV_CONF } from '../../core/settings/name-servers.js'
import type { Change } from './change.js'

/** A change of the host as users know it: what is there while it is not undone. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case 'mark':
      return `the mark ${change.mark}`
    case 'rule':
      return `routing rule ${change.priority} of IPv${change.family}, to table ${change.table}`
    case 'worded-rule':
      return `the routing rule '${change.words.join(' ')}' of IPv${change.family}`
    case 'table':
      return `routes of IPv${change.family} in table ${change.table}`
    case 'firewall':
      return change.by === 'iptables'
        ? `the packet filter, chains ${change.table} of iptables`
        : `the packet filter, table inet ${change.table} of nftables`
    case 'setting':
      return `${change.path}, which was ${change.before}`
    case 'name-servers':
      return `the name servers in ${RESOLV_CONF}`
    case 'resolvconf':
      return `the name servers of ${change.record} in resolvconf`
    case 'user-rule':
      return `routing rule ${change.priority} of IPv${change.family}, for user ${change.user}`
    case 'cgroup':
      return `the control group ${change.path}`
    case 'folder':
      return `the folder ${change.path}`
    case 'hooks':
      return `${change.name} of ${change.device}`
  }
}
