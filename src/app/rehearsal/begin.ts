import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { CLOCK, LOGGER } from '../../core/injection/tokens.js'
import type { Traffic } from '../../core/peers/traffic.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import type { Rehearsal } from './rehearsal.js'

/** Set to 1 to rehearse nothing in a process, whatever its configurations say. */
const DISABLE_VARIABLE = 'QANAT_NO_REHEARSAL'

/** Milliseconds that a tunnel which calls its peers has for that alone: a rehearsal's first turns are long. */
const HEAD_START = 100

/** Shapes of the tunnels that this process has rehearsed: their code is compiled. */
const rehearsed = new Set<string>()

/** The rehearsal of a tunnel that starts. */
export interface BegunRehearsal {
  /** Call before the tunnel calls its peers, or waits for them. `traffic` counts what the tunnel carries from then on. */
  readonly loaded: (traffic: Readonly<Traffic>) => void
  /**
   * Call once the tunnel runs. Resolves once the code of the rehearsal is read, which a process may not be able to do once it
   * has dropped root; never rejects.
   */
  started(): Promise<void>
  /** Resolves once it has begun, or turned out not to; never rejects. */
  readonly begun: Promise<void>
  /** Ends it at once. Resolves once everything of it is closed; never rejects. Idempotent. */
  stop(): Promise<void>
}

/**
 * Rehearses a tunnel beside its start. A tunnel that dials its peers is rehearsed soon after it began to, whether they
 * answer or not, since packets come soon; one that waits for its peers, once it runs. A process rehearses each combination of cipher, transports,
 * hooks and MTU once. Nothing waits for a rehearsal. Undefined if rehearsals are off.
 */
export function beginRehearsal(
  container: DependencyContainer,
  config: TunnelConfig,
): BegunRehearsal | undefined {
  if (config.rehearsal === false || process.env[DISABLE_VARIABLE] === '1') return undefined
  let traffic: Readonly<Traffic> | undefined
  let module: Promise<typeof import('./rehearsal.js')> | undefined
  let beginning: Promise<void> | undefined
  let rehearsal: Rehearsal | undefined
  let isStopped = false
  let isOver = false
  let hasBegun = () => {}
  const begun = new Promise<void>((resolve) => {
    hasBegun = resolve
  })
  const shape = shapeOf(config)
  const log = container.resolve<Logger>(LOGGER)
  const clock = container.resolve<Clock>(CLOCK)
  let timer: Timer | undefined
  const load = () => {
    module ??= import('./rehearsal.js')
    module.catch(() => {}) // `run` awaits it, and logs the error
    return module
  }
  const run = async () => {
    try {
      const { Rehearsal } = await load()
      if (isStopped) return
      if (rehearsed.has(shape)) {
        log.debug('not rehearsed', { why: 'this process has rehearsed one like it' })
        return
      }
      rehearsed.add(shape)
      rehearsal = new Rehearsal(container, config, traffic)
      hasBegun()
      await rehearsal.ended
      isOver = true
    } catch (thrown) {
      log.debug('cannot rehearse', { why: asError(thrown).message })
    } finally {
      hasBegun()
    }
  }
  const begin = () => {
    beginning ??= run()
  }
  // The start enters the device's namespace again and again: sockets opened meanwhile would be in there.
  const calls = config.peers.some(({ endpoints }) => endpoints.length > 0)
  const beginsEarly = calls && config.tun.namespace === undefined
  return {
    loaded(counted) {
      traffic = counted
      if (!isStopped && beginsEarly) timer = clock.schedule(HEAD_START, begin)
    },
    async started() {
      if (isStopped) return
      if (!beginsEarly) begin()
      await load().catch(() => {})
    },
    begun,
    async stop() {
      isStopped = true
      timer?.cancel()
      hasBegun()
      if (rehearsal !== undefined && !isOver) rehearsed.delete(shape) // the next one like it goes on
      void rehearsal?.stop()
      await beginning
    },
  }
}

/** The same for two tunnels that run the same code. */
function shapeOf({ cipher, isolateClients, listen, packetHooks, peers, tun }: TunnelConfig): string {
  const urls = [...listen, ...peers.flatMap(({ endpoints }) => endpoints)]
  const transports = [...new Set(urls.map(({ protocol }) => protocol))].sort()
  return JSON.stringify([cipher, transports, packetHooks, tun.mtu, isolateClients])
}
