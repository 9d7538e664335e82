import { basename, extname } from 'node:path'
import { filesNamed, tunnelFile } from '../../config/files/tunnel-name.js'
import { notRunning } from '../../control/client.js'
import { groupRuns } from '../../control/group/group-socket.js'
import { realPath } from '../../control/real-path.js'
import { runFolder } from '../../control/run-folder.js'
import { allRuns, filesOf, type Run, runOf } from '../../control/run-lock.js'
import type { QanatError } from '../../core/api/errors.js'
import { refusedBy } from './service-folder.js'

/** The tunnels that run, as far as this user may ask them: of a file, of files with a name, or all of them if neither is given. */
export function findRuns(wanted?: string): Run[] {
  const runs = knownRuns()
  return wanted === undefined ? runs : meant(wanted, runs)
}

/** The run of the file at `path`, if this user may ask it. */
export function runAt(path: string): Run | undefined {
  return runOf(path, knownRuns())
}

/** This user's own, and those of others that let a group of this user in. */
function knownRuns(): Run[] {
  const own = allRuns(runFolder(process.env))
  if (process.getuid?.() === 0) return own
  const others = groupRuns().filter(
    ({ file, pid }) => !own.some((run) => run.file === file && run.pid === pid),
  )
  return [...own, ...others].sort((a, b) => (a.file < b.file ? -1 : 1))
}

/** Whether the process still holds the lock of its file. */
export function isRunning({ pid, socket }: Run): boolean {
  return knownRuns().some((run) => run.socket === socket && run.pid === pid)
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
  const running = knownRuns().map(({ file }) => file)
  const file = filesNamed(name)?.find((path) => running.includes(realPath(path)))
  return file ?? tunnelFile(name, (path) => filesOf(path, folder).length > 0)
}

/**
 * The one tunnel that runs of a file.
 *
 * @throws QanatError ERR_NOT_RUNNING, or ERR_CONTROL if it is another user's, who lets no group of this one in.
 */
export function findRun(path: string): Run {
  const run = runAt(path)
  if (run === undefined) throw refusedBy(path) ?? notRunning(path)
  return run
}

/** Why a tunnel that `wanted` names cannot be asked, if no run of it is found. */
export function noneOf(wanted: string): QanatError {
  const [refused] = pathsOf(wanted).flatMap((path) => refusedBy(path) ?? [])
  return refused ?? notRunning(wanted)
}

/** What users call a tunnel: its file's name without the ending. */
export function nameOf(file: string): string {
  return basename(file, extname(file))
}
