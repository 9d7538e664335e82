import { readdirSync, readFileSync } from 'node:fs'
import { asError, QanatError } from '../../core/api/errors.js'
import { CAP_NET_ADMIN, Capabilities } from './capabilities.js'
import { rightsOf } from './process-stat.js'
import type { User } from './users.js'

/**
 * Lets this process go on as another user that may change networks (CAP_NET_ADMIN) and nothing else, as do the programs
 * that it starts. For the main thread.
 *
 * Users are changed by the C library in all threads at once. Capabilities are each thread's own: keeping them over the
 * change is asked for in this thread only, so all others lose every one. Afterwards all threads are looked at.
 *
 * @throws QanatError ERR_PRIVILEGES if it fails; then the process must end, since it may have kept what it was to lose.
 */
export function dropPrivileges(user: User): void {
  const capabilities = new Capabilities()
  try {
    capabilities.bound(CAP_NET_ADMIN)
    if (process.getuid!() !== user.uid) {
      capabilities.keepOverUserChange()
      process.setgroups!([user.gid])
      process.setgid!(user.gid)
      process.setuid!(user.uid)
    }
    capabilities.keepOnly(CAP_NET_ADMIN)
    capabilities.refuseNew()
    for (const thread of readdirSync('/proc/self/task')) checkThread(thread, user)
  } catch (thrown) {
    const message = `Cannot give up the rights of root: ${asError(thrown).message}`
    throw new QanatError(message, { code: 'ERR_PRIVILEGES', cause: thrown })
  }
}

/**
 * Refuses early what `dropPrivileges` would fail at.
 *
 * @throws QanatError ERR_PRIVILEGES if this process may not become that user.
 */
export function checkMayDrop(user: User): void {
  const uid = process.getuid!()
  if (uid === 0 || uid === user.uid) return
  const message = `Cannot run as user ${user.uid}: only root can change users, and this process is user ${uid}`
  throw new QanatError(message, { code: 'ERR_PRIVILEGES' })
}

function checkThread(thread: string, { uid }: User): void {
  const status = statusOf(thread)
  if (status === '') return
  const { uids, permitted } = rightsOf(status)
  if (uids.some((id) => id !== uid)) throw new Error(`thread ${thread} is still user ${uids}`)
  const more = permitted & ~(1n << BigInt(CAP_NET_ADMIN))
  if (more !== 0n) throw new Error(`thread ${thread} keeps capabilities 0x${more.toString(16)}`)
}

/** Empty if the thread has ended in the meantime. */
function statusOf(thread: string): string {
  try {
    return readFileSync(`/proc/self/task/${thread}/status`, 'utf8')
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return ''
    throw thrown
  }
}
