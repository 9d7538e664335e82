import type { DependencyContainer } from 'tsyringe'
import type { CertificateSource, CertificateWatch } from '../../app/carriers/certificate-watch.js'
import { outcomeOf } from '../../app/faults/plugin-scope.js'
import { beginRehearsal } from '../../app/rehearsal/begin.js'
import { Tunnel } from '../../app/tunnel/tunnel.js'
import { socketFolder } from '../../control/uapi/socket-place.js'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { systemClock } from '../../core/time/system-clock.js'
import { EXIT_FAILED, EXIT_OK } from '../output/exit-codes.js'
import { logWarnings } from '../output/node-warnings.js'
import { prepareEngine } from './engine.js'
import type { RunAs } from './run-as.js'
import { tellServiceManager, tellStarter } from './service-manager.js'

/** What the service manager shows while nothing is waited for. */
const RUNNING = 'running'

/** What looks after a tunnel while it runs. */
export interface ControlHandler {
  /** SIGHUP came. */
  hangup(): void
  /** The tunnel stopped and the host is restored. */
  close(): Promise<void>
}

/** What a tunnel runs with. */
export interface RunOptions {
  /** Holds the parts that can be chosen, the plugins' with their options among them. */
  readonly container: DependencyContainer
  readonly log: Logger
  /** Called once the tunnel is up; `end` stops it and resolves once the host is restored. Absent: SIGHUP stops it. */
  readonly control?: (tunnel: Tunnel, end: (why: string) => Promise<void>) => Promise<ControlHandler>
  /** Called with the socket of WireGuard's tools as soon as it is made, since a kill may follow. */
  readonly onToolsSocket?: (path: string) => void
  /** Milliseconds that the start may wait for a link to any peer; absent: for as long as it takes. */
  readonly wait?: number | undefined
  /** Where certificates come from that may be renewed meanwhile; absent if there are none. */
  readonly certificates?: CertificateSource | undefined
  /** Whom the process goes on as, once all of that is there. */
  readonly runAs?: RunAs | undefined
}

/**
 * Runs a tunnel until a signal or an error stops it, and returns the exit code.
 *
 * @throws QanatError if it cannot start.
 */
export async function runTunnel(
  config: TunnelConfig,
  { certificates, container, log, control: attend, onToolsSocket, runAs, wait }: RunOptions,
): Promise<number> {
  logWarnings(log)
  const abort = new AbortController()
  const rehearsal = beginRehearsal(container, config)
  let tunnel: Tunnel | undefined
  let controlHandler: ControlHandler | undefined
  let watch: CertificateWatch | undefined
  let bug: Error | undefined
  /** SIGHUP came while nobody attended yet. */
  let hungUp = false
  const end = async (why: string, error?: Error) => {
    if (!abort.signal.aborted) {
      log.info('stopping', { why })
      tellServiceManager('STOPPING=1', log)
    }
    if (error !== undefined) tunnel?.fail(error)
    void rehearsal?.stop()
    abort.abort()
    await tunnel?.close()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end(signal))
  process.on('SIGHUP', () => {
    if (attend === undefined) void end('SIGHUP')
    else if (controlHandler === undefined) hungUp = true
    else controlHandler.hangup()
  })
  // A bug anywhere must not leave a half-dead tunnel behind.
  const onBug = (thrown: unknown) => {
    const failure = outcomeOf(thrown)
    if (failure === undefined) return // of a plugin, which costs no more than a link
    bug ??= failure
    void end('an error', bug)
  }
  process.on('uncaughtException', onBug).on('unhandledRejection', onBug)
  prepareEngine(rehearsal?.begun)
  try {
    // A process that drops root cannot remove that socket at the end; if it is attended, others can.
    const isRemoved = runAs === undefined || attend !== undefined
    const toolsFolder = isRemoved ? socketFolder(process.env) : undefined
    const onWaiting = (text = RUNNING) => tellServiceManager(`STATUS=${text}`, log)
    tunnel = await Tunnel.start(container, config, abort.signal, {
      ...{ onWaiting, onToolsSocket, onTraffic: rehearsal?.loaded, toolsFolder, wait },
    })
    const rehearsalRead = rehearsal?.started()
    controlHandler = await attend?.(tunnel, end)
    abort.signal.throwIfAborted()
    if (runAs !== undefined) await rehearsalRead
    if (certificates !== undefined) {
      // Before root is given up, and with it perhaps the right to read the module.
      const { CertificateWatch } = await import('../../app/carriers/certificate-watch.js')
      watch = new CertificateWatch({ source: certificates, tunnel, clock: systemClock, log })
    }
    runAs?.giveUpRoot(log)
    tellServiceManager('READY=1', log)
    tellStarter()
    if (hungUp) controlHandler?.hangup()
  } catch (thrown) {
    watch?.close()
    await Promise.all([rehearsal?.stop(), tunnel?.close()])
    await controlHandler?.close()
    if (!abort.signal.aborted) throw thrown
  }
  try {
    await tunnel?.ended
  } catch (thrown) {
    bug ??= asError(thrown)
  }
  watch?.close()
  await rehearsal?.stop()
  await controlHandler?.close()
  if (bug === undefined) return EXIT_OK
  log.error(bug.message, 'code' in bug ? { code: bug.code } : undefined)
  return EXIT_FAILED
}
