import { isDeepStrictEqual } from 'node:util'
import type { Change } from './change.js'

/** Whose word a journal is. */
export interface Word {
  /** The user that the file belongs to. */
  readonly owner: number
  /** What root noted in it before it became that user's. */
  readonly noted: readonly Change[]
}

/** Settings that name no interface. */
const OF_NO_INTERFACE = /^\/proc\/sys\/net\/ipv[46]\/(?:ip_forward|conf\/(?:all|default)\/[a-z_]+)$/

/**
 * Whether a change is undone for whoever noted it. Another user than root and the process's own is believed no further
 * than a tunnel goes that gave up root: it adds and removes routes and rules of ours, and settings of the network as a whole.
 * What else it undoes, root noted before: texts of files, records of other programs, and names of interfaces.
 */
export function believed(change: Change, { noted, owner }: Word): boolean {
  if (owner === 0 || owner === process.getuid!()) return true
  switch (change.kind) {
    case 'mark':
    case 'rule':
    case 'table':
      return true
    case 'setting':
      return OF_NO_INTERFACE.test(change.path) || isAmong(change, noted)
    case 'worded-rule': // any rule at all
    case 'user-rule': // and the end of all that user runs
    case 'cgroup':
    case 'firewall':
    case 'folder':
    case 'hooks':
    case 'name-servers':
    case 'resolvconf':
      return isAmong(change, noted)
  }
}

function isAmong(change: Change, noted: readonly Change[]): boolean {
  return noted.some((one) => isDeepStrictEqual(one, change))
}
