import { execFile } from 'node:child_process'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { notify } from '../../native/process/notify.js'

/** States that a service manager knows. sd_notify(3) */
type State = 'READY=1' | 'STOPPING=1'

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
    execFile('systemd-notify', [state], (error) => {
      if (error === null) return
      const why = `${asError(thrown).message}; ${error.message.trim()}`
      log.warn('cannot notify the service manager', { state, why })
    })
  }
}
