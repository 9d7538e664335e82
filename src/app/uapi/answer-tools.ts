import { type UapiHandlers, UapiServer } from '../../control/uapi/server.js'
import { roomForSocket } from '../../control/uapi/socket-place.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'

/** What answers WireGuard's tools. */
export interface ToolsSocket {
  /** Where. */
  readonly path: string
  close(): Promise<void>
}

/**
 * Answers WireGuard's tools about the tunnel of a device, at a socket in a folder. Undefined if they cannot reach it, which
 * ends no tunnel: another network namespace may have a device of that name.
 */
export async function answerTools(
  device: string,
  folder: string,
  handlers: UapiHandlers,
  log: Logger,
): Promise<ToolsSocket | undefined> {
  try {
    const path = await roomForSocket(device, folder)
    const server = await UapiServer.listen(path, { handlers, log })
    return { path, close: () => server.close() }
  } catch (thrown) {
    log.info('wg cannot ask this tunnel', { why: asError(thrown).message })
    return undefined
  }
}
