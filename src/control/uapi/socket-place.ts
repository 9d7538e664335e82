import { chmodSync, lstatSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { WRITE_BY_OTHERS } from '../../core/settings/permissions.js'

/** Where WireGuard's tools look for sockets of userspace implementations, in all network namespaces together. wg(8) */
export const UAPI_FOLDER = '/var/run/wireguard'
/** The folder's mode if it is made here: as wireguard-go makes it. */
const FOLDER_MODE = 0o755
/** Milliseconds that another process may take to accept a connection. */
const ACCEPT_LIMIT = 1_000

/**
 * The folder in which this process may have a socket: root's, which the tools know, or for others one that systemd made
 * (RuntimeDirectory), into which a link in root's folder leads. Undefined if there is none.
 */
export function socketFolder(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return process.getuid?.() === 0 ? UAPI_FOLDER : environment.RUNTIME_DIRECTORY
}

/**
 * Makes room for the socket of a device in a folder, and returns its path: what a process that was killed left there is
 * removed.
 *
 * Throws if others may write in the folder, or another process answers there.
 */
export async function roomForSocket(device: string, folder: string): Promise<string> {
  const made = mkdirSync(folder, { recursive: true })
  if (made !== undefined) chmodSync(folder, FOLDER_MODE) // whatever the umask is
  const { mode, uid } = statSync(folder)
  if (uid !== process.getuid?.() || (mode & WRITE_BY_OTHERS) !== 0) {
    throw new Error(`others may write in ${folder}`)
  }
  const path = join(folder, `${device}.sock`)
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return path
  if (await isAnswered(path)) throw new Error(`another process answers at ${path}`)
  rmSync(path)
  return path
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket.setTimeout(ACCEPT_LIMIT, () => end(true)) // its queue is full: somebody is there
    socket.on('connect', () => end(true)).on('error', () => end(false))
  })
}
