import { chmodSync, chownSync, existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOTS_FOLDER } from '../run-folder.js'
import { allRuns, type Run, type RunLock, socketOf } from '../run-lock.js'

/** What its owner and the members of its group may do with a socket, a lock, and the folder that they are in. */
const ASK = 0o660
const READ = 0o640
const LOOK_INTO = 0o750
/** Permissions of everybody to look into a folder. */
const BY_ALL = 0o005

/** Where members of a tunnel's group ask it, beside the socket of its owner. */
export function groupSocketOf(socket: string): string {
  return socket.replace(/\.sock$/, '.group.sock')
}

/**
 * Lets the members of a group find a run and ask it at their socket, which is there. They may do no more: the kernel keeps them
 * from the owner's socket, and from all other files of the run.
 *
 * Throws if this process may not give files to that group.
 */
export function shareRun({ path, socket }: Pick<RunLock, 'path' | 'socket'>, gid: number): void {
  const folder = dirname(path)
  if ((statSync(folder).mode & BY_ALL) !== BY_ALL) share(folder, gid, LOOK_INTO)
  share(path, gid, READ)
  share(groupSocketOf(socket), gid, ASK)
}

/** The group first: nobody else's may have the permissions, not even for a moment. */
function share(path: string, gid: number, mode: number): void {
  chownSync(path, -1, gid)
  chmodSync(path, mode)
}

/** The tunnels of root and its services that let a group of this user ask them. */
export function groupRuns(folder = ROOTS_FOLDER): Run[] {
  return allRuns(folder)
    .map((run) => ({ ...run, socket: groupSocketOf(run.socket) }))
    .filter(({ socket }) => existsSync(socket))
}

/**
 * The group whose members may ask the tunnel of the file at `path`, which root or a service in the folder `service` runs; undefined if none may.
 */
export function groupOfRun(path: string, service: string, folder = ROOTS_FOLDER): number | undefined {
  const socket = statSync(groupSocketOf(socketOf(path, folder)), { throwIfNoEntry: false })
  if (socket !== undefined) return socket.gid
  const about = statSync(join(folder, service), { throwIfNoEntry: false })
  return about !== undefined && (about.mode & 0o777) === LOOK_INTO ? about.gid : undefined
}
