import { asError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import { notify } from '../native/notify.js'

/** States that a service manager knows. sd_notify(3) */
type State = 'READY=1' | 'STOPPING=1'

/** Tells the service manager that started this process, where one wants to know (NOTIFY_SOCKET). */
export function tellServiceManager(state: State, log: Logger): void {
  const socket = process.env.NOTIFY_SOCKET
  if (socket === undefined || socket === '') return
  try {
    notify(socket, state)
  } catch (thrown) {
    log.warn('cannot tell the service manager', { state, why: asError(thrown).message })
  }
}
