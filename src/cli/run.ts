import { createContainer } from '../container.js'
import type { TunnelConfig } from '../core/config.js'
import { asError } from '../core/errors.js'
import type { Logger } from '../core/logger.js'
import { Tunnel } from '../tunnel.js'
import { EXIT_FAILED, EXIT_OK } from './exit-codes.js'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs a tunnel until a signal or an error ends it, and returns the exit code.
 *
 * @throws QanatError where it cannot start.
 */
export async function runTunnel(config: TunnelConfig, log: Logger): Promise<number> {
  const abort = new AbortController()
  let tunnel: Tunnel | undefined
  let bug: Error | undefined
  const stop = (why: string, error?: Error) => {
    if (!abort.signal.aborted) log.info('stopping', { why })
    if (error !== undefined) tunnel?.fail(error)
    abort.abort()
    void tunnel?.close()
  }
  for (const signal of STOP_SIGNALS) process.on(signal, () => stop(signal))
  // A bug anywhere must not leave a half-dead tunnel behind.
  const onBug = (thrown: unknown) => {
    bug ??= asError(thrown)
    stop('an error', bug)
  }
  process.on('uncaughtException', onBug).on('unhandledRejection', onBug)
  try {
    tunnel = await Tunnel.start(await createContainer(log, config.plugins), config, abort.signal)
    await tunnel.ended
  } catch (thrown) {
    if (tunnel === undefined && !abort.signal.aborted) throw thrown
    if (tunnel !== undefined) bug ??= asError(thrown)
  }
  if (bug === undefined) return EXIT_OK
  log.error(bug.message, 'code' in bug ? { code: bug.code } : undefined)
  return EXIT_FAILED
}
