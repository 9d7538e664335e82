import type { Change } from './change.js'
import { RESOLV_CONF } from './dns.js'

/**
 * Whether a change may be undone on the word of another user, to whom the journal of a tunnel that gave up root
 * belongs: only what CAP_NET_ADMIN, which that user had, could do as well, and the file of name servers.
 */
export function isHarmless(change: Change): boolean {
  switch (change.kind) {
    case 'hooks':
      return false
    case 'name-servers':
      return change.path === RESOLV_CONF
    case 'setting':
      return /^\/proc\/sys\/net\/[\w./-]+$/.test(change.path) && !change.path.includes('..')
    case 'firewall':
      return /^[\w.-]+$/.test(change.table)
    default:
      return true
  }
}
