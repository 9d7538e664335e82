import { readFileSync, readlinkSync } from 'node:fs'
import { release } from 'node:os'
import { posix } from 'node:path'
import { CGROUPS } from '../record/change.js'

/** The group of cgroup v2 that this process is in. */
export interface OwnGroup {
  readonly folder: string
  /** From the root of the groups that this process sees; empty for the root. */
  readonly path: string
  /** Where that is mounted, below /sys/fs/cgroup; empty for that folder. */
  readonly mount: string
}

/** The first Linux whose packet filter counts levels from the root that a container sees. nft_socket.c */
const FIRST_IN_CONTAINERS = [6, 11] as const
/** The namespace of the root that the host sees. linux/proc_ns.h: PROC_CGROUP_INIT_INO */
const HOSTS_NAMESPACE = 'cgroup:[4026531835]'

/** What tells of groups, by the paths that the kernel has it at. */
export interface GroupFacts {
  /** /proc/self/mountinfo; proc_pid_mountinfo(5) */
  readonly mounts: string
  /** /proc/self/cgroup; cgroups(7) */
  readonly membership: string
}

/**
 * The group of this process as the packet filter can find it.
 *
 * @returns Why it cannot, if it cannot.
 */
export function ownGroup(): OwnGroup | string {
  const facts = { mounts: readText('/proc/self/mountinfo'), membership: readText('/proc/self/cgroup') }
  const group = groupOf(facts)
  if (group === undefined) return `cgroup v2 is not mounted at ${CGROUPS}`
  const [major = 0, minor = 0] = release().split('.').map(Number)
  const [since, minorSince] = FIRST_IN_CONTAINERS
  const isLate = major > since || (major === since && minor >= minorSince)
  if (!isLate && readlinkSync('/proc/self/ns/cgroup') !== HOSTS_NAMESPACE) {
    return `before Linux ${since}.${minorSince} the packet filter does not know the control groups of a container`
  }
  return group
}

/** The same by those facts; undefined if cgroup v2 is mounted nowhere at or below /sys/fs/cgroup, the last mount there. */
export function groupOf({ membership, mounts }: GroupFacts): OwnGroup | undefined {
  const member = /^0::(\/\S*)$/m.exec(membership)?.[1]
  const found = mounts
    .split('\n')
    .map((line) => / (\S+) (\/sys\/fs\/cgroup(?:\/\S+)?) .* - cgroup2 /.exec(line))
    .findLast((match) => match !== null)
  const [, root, at] = found ?? []
  if (member === undefined || root === undefined || at === undefined) return undefined
  const below = posix.relative(root, member)
  if (below.startsWith('..')) return undefined
  return { folder: posix.join(at, below), path: member.slice(1), mount: at.slice(CGROUPS.length + 1) }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
