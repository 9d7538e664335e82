import { ConfigFileError, located } from '../../config/check/problems.js'
import { ConfigError } from '../../core/api/errors.js'
import { findGroup, type Group, isInGroup } from '../../native/process/groups.js'

/** Groups whose members no administrator chose: whatever has no group of its own, and all people of a host. */
const OF_MANY = ['nogroup', 'nobody', 'users']
/** The number of `nogroup`, which files show, too, if a namespace does not know their group. */
const NO_GROUP = 65_534

/** Who may control a tunnel beside its owner. */
export interface ControlGroup extends Group {
  /** As the file names it. */
  readonly wanted: string
  /** What is odd about it, a line each. */
  readonly remarks: readonly string[]
}

/** A group that a file names, which may not exist. */
export interface NamedGroup {
  /** Its name or number. */
  readonly wanted: string
  readonly file: string
  readonly line: number | undefined
  /** What the key is called that names it. */
  readonly key: string
}

/** @throws ConfigFileError if there is no such group. */
export function controlGroup({ file, key, line, wanted }: NamedGroup): ControlGroup {
  const group = findGroup(wanted)
  if (group === undefined) {
    const remedy = `"groupadd --system ${wanted}" makes it, "usermod -a -G ${wanted} USER" lets a user in`
    throw new ConfigFileError(file, [
      { line, text: `${key} is '${wanted}', and there is no such group; ${remedy}` },
    ])
  }
  const isOfMany = group.gid === NO_GROUP || OF_MANY.includes(group.name)
  const text = `${key} is '${group.name}', which programs and people are in that nobody chose for this; better a group of its own: "groupadd --system qanat-control"`
  return { ...group, wanted, remarks: isOfMany ? [located(file, { line, text })] : [] }
}

/**
 * Finds out whether this process may give the group a socket, before anything is changed.
 *
 * @throws ConfigError if it may not.
 */
export function checkMayShare({ gid, name }: Group, process = globalThis.process): void {
  const user = process.geteuid!()
  if (user === 0 || isInGroup(gid, process)) return
  const remedy = `start it as root, or "SupplementaryGroups=${name}" in a drop-in of its unit`
  throw new ConfigError(
    `Cannot let the group '${name}' control the tunnel: user ${user}, who runs it, is not in that group; ${remedy}`,
    { code: 'ERR_CONFIG_VALUE' },
  )
}
