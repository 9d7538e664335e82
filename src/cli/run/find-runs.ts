import { basename, extname } from 'node:path'
import { filesNamed, tunnelFile } from '../../config/files/tunnel-name.js'
import { notRunning } from '../../control/client.js'
import { realPath } from '../../control/real-path.js'
import { runFolder } from '../../control/run-folder.js'
import { allRuns, filesOf, type Run, runOf } from '../../control/run-lock.js'

/** The tunnels that run: of a file, of files with a name, or all of them if neither is given. */
export function findRuns(wanted?: string): Run[] {
  const runs = allRuns(runFolder(process.env))
  return wanted === undefined ? runs : meant(wanted, runs)
}

/** Those of the tunnels of a file, of the first that a name may stand for, or else of files with that name. */
export function meant<Known extends { readonly file: string | null }>(
  wanted: string,
  tunnels: readonly Known[],
): Known[] {
  const of = (path: string) => tunnels.filter(({ file }) => file !== null && realPath(file) === path)
  const path = pathsOf(wanted).find((known) => of(known).length > 0)
  return path !== undefined
    ? of(path)
    : tunnels.filter(({ file }) => file !== null && nameOf(file) === wanted)
}

/** The paths of the files that a user may mean, without symbolic links. */
export function pathsOf(wanted: string): string[] {
  return (filesNamed(wanted) ?? [wanted]).map(realPath)
}

/**
 * The path of a file whose tunnel runs or ran, given by its path or by the tunnel's name. If several files have that name, it
 * is the one whose tunnel runs, even if the file is gone.
 *
 * @throws ConfigError if nothing is known of that name.
 */
export function knownTunnelFile(name: string): string {
  const folder = runFolder(process.env)
  const running = allRuns(folder).map(({ file }) => file)
  const file = filesNamed(name)?.find((path) => running.includes(realPath(path)))
  return file ?? tunnelFile(name, (path) => filesOf(path, folder).length > 0)
}

/**
 * The one tunnel that runs of a file.
 *
 * @throws QanatError ERR_NOT_RUNNING
 */
export function findRun(path: string): Run {
  const run = runOf(path, runFolder(process.env))
  if (run === undefined) throw notRunning(path)
  return run
}

/** What users call a tunnel: its file's name without the ending. */
export function nameOf(file: string): string {
  return basename(file, extname(file))
}
