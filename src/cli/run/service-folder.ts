import { existsSync, lstatSync } from 'node:fs'
import { basename, join } from 'node:path'
import { groupOfRun } from '../../control/group/group-socket.js'
import { controlError } from '../../control/protocol.js'
import { realPath } from '../../control/real-path.js'
import { ROOTS_FOLDER, runFolder } from '../../control/run-folder.js'
import { filesOf } from '../../control/run-lock.js'
import type { QanatError } from '../../core/api/errors.js'
import { findGroup, isInGroup } from '../../native/process/groups.js'

/** Where the service of a file notes what it changes, which root named after the file; undefined for others than root. */
export function serviceFolderOf(path: string): string | undefined {
  return process.getuid?.() === 0 ? folderIn(runFolder(process.env), path) : undefined
}

/**
 * Lets this process go on as the user of a service, who may change the network and nothing else, since what that user
 * noted is undone with that user's rights.
 *
 * @param note a file that the service made in its folder; the folder itself may belong to a control group.
 * @throws QanatError ERR_PRIVILEGES if it cannot.
 */
export async function actAsService(folder: string, note = folder): Promise<void> {
  process.env.RUNTIME_DIRECTORY = folder
  const { uid } = lstatSync(folder)
  const { gid } = lstatSync(note)
  if (uid === process.getuid!()) return
  const { dropPrivileges } = await import('../../native/process/drop-privileges.js')
  dropPrivileges({ uid, gid })
}

/**
 * Why this user may not ask, or end, the tunnel of a file: it is root's or a service's. Undefined if nothing shows that, or root
 * asks.
 */
export function refusedBy(path: string, verb: 'ask' | 'end' = 'ask'): QanatError | undefined {
  const owner = process.getuid?.() === 0 ? undefined : ownerOf(path)
  if (owner === undefined) return undefined
  const gid = groupOfRun(path, basename(realPath(path)))
  const cannot = `Cannot ${verb} the tunnel of ${path}`
  if (gid === undefined || isInGroup(gid))
    return controlError(`${cannot}: ${owner} runs it, or has left something of it; try again as root`)
  const group = findGroup(String(gid))!.name
  const remedy = `"sudo usermod -a -G ${group} $USER" makes you one from the next login on`
  return controlError(
    `${cannot}: EACCES, ${owner} runs it, and only root and members of the group '${group}' may; ${remedy}, or use sudo`,
  )
}

function ownerOf(path: string): 'root' | 'a service' | undefined {
  if (filesAt(path)) return 'root'
  return existsSync(folderIn(ROOTS_FOLDER, path)) ? 'a service' : undefined
}

function filesAt(path: string): boolean {
  try {
    return filesOf(path, ROOTS_FOLDER).length > 0
  } catch {
    return false // a folder that may not be looked into
  }
}

function folderIn(folder: string, path: string): string {
  return join(folder, basename(realPath(path)))
}
