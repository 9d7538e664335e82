import { readFileSync } from 'node:fs'
import { type Koffi, loadKoffi } from '../base/koffi.js'

/** A group of users of this host. */
export interface Group {
  /** Its number in digits if it has no name. */
  readonly name: string
  readonly gid: number
}

/** The largest number of a group: (gid_t) -1 means "as it is". */
const MAX_GID = 2 ** 32 - 2
/** The groups of the host itself. group(5) */
const FILE = '/etc/group'

/**
 * The group of this name or number, by whatever the system asks (files, LDAP, systemd), without koffi by its file alone. A number
 * that no group has stands for itself. Undefined if there is none.
 */
export function findGroup(text: string): Group | undefined {
  const known = look()
  if (!/^\d+$/.test(text)) return known(text)
  const gid = Number(text)
  return gid > MAX_GID ? undefined : (known(gid) ?? { name: text, gid })
}

/** Whether a process is in a group, which it then may give its files to. */
export function isInGroup(gid: number, process = globalThis.process): boolean {
  return process.getegid!() === gid || process.getgroups!().includes(gid)
}

type LookUp = (wanted: string | number) => Group | undefined

function look(): LookUp {
  try {
    return byLibrary(loadKoffi())
  } catch {
    return byFile
  }
}

function byLibrary(koffi: Koffi): LookUp {
  const libc = koffi.load('libc.so.6')
  // struct group of grp.h goes on, with what is not needed
  const group = koffi.struct({ name: 'char*', password: 'char*', gid: 'uint32_t' })
  const entry = koffi.pointer(group)
  const byName = libc.func('getgrnam', entry, ['str'])
  const byNumber = libc.func('getgrgid', entry, ['uint32_t'])
  return (wanted) => {
    const found = typeof wanted === 'string' ? byName(wanted) : byNumber(wanted)
    if (found === null) return undefined
    const { gid, name } = koffi.decode(found, group) as Group
    return { name, gid }
  }
}

const byFile: LookUp = (wanted) => {
  const lines = readFileSync(FILE, 'utf8').split('\n')
  const groups = lines.map((line) => line.split(':')).filter(({ length }) => length > 2)
  const found = groups.find(([name, , gid]) => (typeof wanted === 'string' ? name : Number(gid)) === wanted)
  return found && { name: found[0]!, gid: Number(found[2]) }
}
