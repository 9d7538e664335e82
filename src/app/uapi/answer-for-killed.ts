import { UapiError } from '../../control/uapi/uapi-error.js'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Logger } from '../../core/api/logger.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { Peers } from '../../core/peers/peers.js'
import type { Clock } from '../../core/time/clock.js'
import type { AnswerTools } from '../../host/undo-noted.js'
import { answerTools } from './answer-tools.js'

/** A killed tunnel, as far as it can still be described. */
export interface KilledTunnel {
  /** What its file says. */
  readonly config: TunnelConfig
  readonly traits: TraitsOf
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Answers WireGuard's tools in the place of a tunnel that was killed, at a socket in a folder, while its hooks run: with what
 * its file says, no traffic, and the mark that it had as far as that is noted. Nothing can be set.
 */
export function answerForKilled(folder: string, { config, ...parts }: KilledTunnel): AnswerTools {
  return async (device, noted) => {
    const configured = config.host?.mark ?? 0
    // What carries a device in a namespace is marked only if the file says so.
    const mark = config.tun.namespace === undefined ? (noted ?? configured) : configured
    const { clock, log, traits } = parts
    const known = { cipher: {}, peers: new Peers(), clock, config, listen: config.listen, mark, traits }
    const change = () => Promise.reject(new UapiError('the tunnel was killed, and only its hooks run'))
    const socket = await answerTools(device, folder, { source: () => known, change, log })
    return async () => socket?.close()
  }
}
