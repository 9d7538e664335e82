import { realpathSync } from 'node:fs'
import { basename, extname, resolve } from 'node:path'
import { runFolder } from '../config/run-folder.js'
import { allRuns, type Run } from '../config/run-lock.js'
import { notRunning } from '../control/client.js'

/** The tunnels that run: of a file, of files with a name, or all of them where neither is given. */
export function findRuns(wanted?: string): Run[] {
  const runs = allRuns(runFolder(process.env))
  if (wanted === undefined) return runs
  const path = realPath(wanted)
  const ofFile = runs.filter(({ file }) => file === path)
  return ofFile.length > 0 ? ofFile : runs.filter(({ file }) => nameOf(file) === wanted)
}

/**
 * The one tunnel that runs of a file.
 *
 * @throws QanatError ERR_NOT_RUNNING
 */
export function findRun(path: string): Run {
  const file = realPath(path)
  const run = allRuns(runFolder(process.env)).find((known) => known.file === file)
  if (run === undefined) throw notRunning(path)
  return run
}

/** What users call a tunnel: its file's name without the ending. */
export function nameOf(file: string): string {
  return basename(file, extname(file))
}

/** A path without symbolic links, also of a file that was removed while its tunnel ran. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return resolve(path)
  }
}
