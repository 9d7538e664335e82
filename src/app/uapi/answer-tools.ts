import { UapiServer } from '../../control/uapi/server.js'
import type { SetRequest } from '../../control/uapi/set-request.js'
import { roomForSocket } from '../../control/uapi/socket-place.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { configAfter } from './config-after.js'
import { type DeviceSource, deviceOf } from './device-of.js'

/** What answers WireGuard's tools. */
export interface ToolsSocket {
  /** Where. */
  readonly path: string
  close(): Promise<void>
}

/** A tunnel that is shown to WireGuard's tools, and changed by them. */
export interface ToolsParts {
  /** What it is now. */
  readonly source: () => DeviceSource
  /** Puts another configuration in force once those before are. */
  readonly change: (after: () => TunnelConfig) => Promise<void>
  readonly log: Logger
}

/**
 * Answers WireGuard's tools about the tunnel of a device, at a socket in a folder. Undefined if they cannot reach it, which
 * ends no tunnel: another network namespace may have a device of that name.
 */
export async function answerTools(
  device: string,
  folder: string,
  { change, log, source }: ToolsParts,
): Promise<ToolsSocket | undefined> {
  const handlers = {
    get: () => deviceOf(source()),
    set: (request: SetRequest) => change(() => configAfter(request, source())),
  }
  try {
    const path = await roomForSocket(device, folder)
    const server = await UapiServer.listen(path, { handlers, log })
    return { path, close: () => server.close() }
  } catch (thrown) {
    log.info('wg cannot ask this tunnel', { why: asError(thrown).message })
    return undefined
  }
}
