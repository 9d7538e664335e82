import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Folders of the system. hier(7) */
const SYSTEM = ['/usr/sbin', '/usr/bin', '/sbin', '/bin']
/** Folders of the administrator. */
const LOCAL = ['/usr/local/sbin', '/usr/local/bin']
/** Permission to write for the group and others. inode(7) */
const WRITE_BY_OTHERS = 0o022

/** Packages of programs that are not named after their package. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables, or iptables',
  resolvectl: 'systemd',
  setpriv: 'util-linux',
  ...Object.fromEntries(
    ['iptables-restore', 'iptables-save', 'ip6tables-restore', 'ip6tables-save'].map((name) => [
      name,
      'iptables',
    ]),
  ),
}

/** Those that come before all others in this process, for tests. */
const first: string[] = []

/** What programs that change the host are started with: nothing that a user of sudo, or a file, could have set. */
export function cleanEnvironment(): Record<string, string> {
  return { PATH: [...first, ...SYSTEM, ...believedLocal()].join(delimiter), LC_ALL: 'C' }
}

/**
 * The path of a program of this host, whatever PATH says: root may have been called by somebody whose PATH leads
 * elsewhere. Undefined if it is not installed, or where others could have put it.
 */
export function findProgram(name: string): string | undefined {
  const pathIn = (folder: string) => join(folder, name)
  return (
    [...first, ...SYSTEM].map(pathIn).find(isProgram) ??
    believedLocal()
      .map(pathIn)
      .find((path) => isProgram(path) && isRoots(path))
  )
}

/** The package to install for a program of the system; undefined if it is probably named after the program. */
export function packageOf(program: string): string | undefined {
  return PACKAGES[program]
}

/** Looks for programs in a folder before all others, until what is returned is called. */
export function lookFirstIn(folder: string): () => void {
  first.unshift(folder)
  return () => void first.splice(first.indexOf(folder), 1)
}

function believedLocal(): string[] {
  return LOCAL.filter(isRoots)
}

/** Whether a path is that of a file that this process may run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function isRoots(path: string): boolean {
  const about = statSync(path, { throwIfNoEntry: false })
  return about !== undefined && about.uid === 0 && (about.mode & WRITE_BY_OTHERS) === 0
}
