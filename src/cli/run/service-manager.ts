import { execFile } from 'node:child_process'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { notify } from '../../native/process/notify.js'
import { cleanEnvironment, findProgram } from '../../native/process/programs.js'

/** States that a service manager knows. sd_notify(3) */
type State = 'READY=1' | 'STOPPING=1' | `STATUS=${string}`

/**
 * Tells the service manager that started this process, if one wants to know (NOTIFY_SOCKET): by itself, or by systemd's
 * program for that, since Node alone has no datagrams to local sockets.
 */
export function tellServiceManager(state: State, log: Logger): void {
  const socket = process.env.NOTIFY_SOCKET
  if (socket === undefined || socket === '') return
  try {
    notify(socket, state)
  } catch (thrown) {
    const failed = (why: string) => {
      log.warn('cannot notify the service manager', { state, why: `${asError(thrown).message}; ${why}` })
    }
    const program = findProgram('systemd-notify')
    if (program === undefined) {
      failed('the program systemd-notify is missing')
      return
    }
    const env = { ...cleanEnvironment(), NOTIFY_SOCKET: socket }
    execFile(program, [state], { env }, (error) => {
      if (error !== null) failed(error.message.trim())
    })
  }
}

/** Says that a process was started by `up --detach`, which waits for a word of it. */
export const DETACHED_VARIABLE = 'QANAT_DETACHED'

/** Whether somebody waits for this process's tunnel to be up. */
export function isDetached(): boolean {
  return process.env[DETACHED_VARIABLE] === '1' && process.send !== undefined
}

/** Tells who waits that the tunnel is up; from then on this process is nobody's child. */
export function tellStarter(): void {
  if (!isDetached()) return
  delete process.env[DETACHED_VARIABLE] // what it starts is not waited for
  process.send!('up', undefined, undefined, () => {
    if (process.connected) process.disconnect()
  })
}
