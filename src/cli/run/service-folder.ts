import { existsSync, lstatSync } from 'node:fs'
import { basename, join } from 'node:path'
import { realPath } from '../../control/real-path.js'
import { ROOTS_FOLDER, runFolder } from '../../control/run-folder.js'
import { filesOf } from '../../control/run-lock.js'

/** Where the service of a file notes what it changes, which root named after the file; undefined for others than root. */
export function serviceFolderOf(path: string): string | undefined {
  return process.getuid?.() === 0 ? folderIn(runFolder(process.env), path) : undefined
}

/**
 * Lets this process go on as the user of a service, who may change the network and nothing else, since what that user
 * noted is undone with that user's rights.
 *
 * @throws QanatError ERR_PRIVILEGES if it cannot.
 */
export async function actAsService(folder: string): Promise<void> {
  process.env.RUNTIME_DIRECTORY = folder
  const { gid, uid } = lstatSync(folder)
  if (uid === process.getuid!()) return
  const { dropPrivileges } = await import('../../native/process/drop-privileges.js')
  dropPrivileges({ uid, gid })
}

/** How the tunnel of a file belongs to root, whose it is to end; undefined if nothing shows that, or root asks. */
export function rootsOf(path: string): string | undefined {
  if (process.getuid?.() === 0) return undefined
  if (filesAt(path)) return 'root runs it, or has left something of it'
  return existsSync(folderIn(ROOTS_FOLDER, path))
    ? 'a service runs it, or has left something of it'
    : undefined
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
