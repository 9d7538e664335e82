import { type UapiHandlers, UapiServer } from '../../control/uapi/server.js'
import { roomForSocket, socketFolder } from '../../control/uapi/socket-place.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'

/** What answers WireGuard's tools. */
export interface ToolsSocket {
  /** Where. */
  readonly path: string
  close(): Promise<void>
}

/**
 * Answers WireGuard's tools about the tunnel of a device. Undefined if they cannot reach it, which ends no tunnel: this
 * process may not be root, or another network namespace has a device of that name.
 */
export async function answerTools(
  device: string,
  handlers: UapiHandlers,
  log: Logger,
): Promise<ToolsSocket | undefined> {
  const folder = socketFolder(process.env)
  if (folder === undefined) return undefined
  try {
    const path = await roomForSocket(device, folder)
    const server = await UapiServer.listen(path, { handlers, log })
    return { path, close: () => server.close() }
  } catch (thrown) {
    log.info('wg cannot ask this tunnel', { why: asError(thrown).message })
    return undefined
  }
}
