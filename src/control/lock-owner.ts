import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { startOf } from './process-start.js'

/** Bytes of a lock: a path of 4096 at the most (PATH_MAX), each byte of which JSON may write as six. */
const MAX_LOCK = 32 * 1024

/** A process, told apart from a later one with the same number, and what it runs. */
export interface Owner {
  /** The file's path without symbolic links. */
  readonly file: string
  readonly pid: number
  /** Clock ticks from the host's start to the process's. */
  readonly started: string
  /** It runs nothing, but restores the host after a process that was killed. */
  readonly restores?: boolean
}

/**
 * Who wrote a lock, if that runs: the process itself, or root for it. Other users may have a folder among the locks, but
 * claim no file that is not theirs.
 */
export function runningOwner(lock: string): Owner | undefined {
  const { owner, writer } = readLock(lock) ?? {}
  if (owner === undefined || startOf(owner.pid) !== owner.started) return undefined
  if (writer !== 0 && (writer !== userOf(owner.pid) || !mayRun(writer!, owner.file, lock))) return undefined
  return owner
}

/** The file that a lock names, whoever wrote it and whether that runs or not. */
export function claimedFile(lock: string): string | undefined {
  return readLock(lock)?.owner.file
}

/**
 * Whether a user may well run a file: the caller does, or it is that user's own, or gone. A service has a folder of
 * its own that root named after its file, which may belong to root and be readable by the service.
 */
function mayRun(user: number, file: string, lock: string): boolean {
  if (user === process.getuid!() || basename(dirname(lock)) === basename(file)) return true
  const about = lstatSync(file, { throwIfNoEntry: false })
  return about === undefined || about.uid === user
}

/** Undefined if it is gone, or is none: waits for no pipe and reads no device. */
function readLock(lock: string): { owner: Owner; writer: number } | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(lock, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const about = fstatSync(descriptor)
    if (!about.isFile() || about.size > MAX_LOCK) return undefined
    const { file, pid, restores, started } = JSON.parse(readFileSync(descriptor, 'utf8')) as Partial<Owner>
    if (typeof file !== 'string' || typeof started !== 'string' || !Number.isSafeInteger(pid))
      return undefined
    const owner = { file, pid: pid!, started, ...(restores === true && { restores }) }
    return { owner, writer: about.uid }
  } catch {
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

/** The user that a process runs as; undefined if there is none. proc_pid_status(5) */
function userOf(pid: number): number | undefined {
  try {
    const [, real] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return real === undefined ? undefined : Number(real)
  } catch {
    return undefined
  }
}
