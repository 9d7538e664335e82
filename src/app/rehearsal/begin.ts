import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { LOGGER } from '../../core/injection/tokens.js'
import type { Traffic } from '../../core/peers/traffic.js'
import type { Rehearsal } from './rehearsal.js'

/** Set to 1 to rehearse nothing in a process, whatever else is said. */
const DISABLE_VARIABLE = 'QANAT_NO_REHEARSAL'

/** Shapes of the tunnels that this process has rehearsed: what such a one runs is compiled. */
const rehearsed = new Set<string>()

/** The rehearsal of a tunnel that starts. */
export interface BegunRehearsal {
  /** The tunnel's code is loaded; what it carries from now on is counted there. */
  readonly loaded: (traffic: Readonly<Traffic>) => void
  /** The tunnel runs. */
  started(): void
  /** Ends it at once. Resolves once nothing of it is left, and never rejects. Idempotent. */
  stop(): Promise<void>
}

/**
 * Has a tunnel rehearsed beside its start: one that calls as soon as its code is loaded, since packets come soon, and one
 * that waits for its peers once it runs; not again if the process has rehearsed one of the same cipher, transports, hooks
 * and MTU. Nothing waits for it. Undefined if nothing is to be rehearsed.
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
  const shape = shapeOf(config)
  const log = container.resolve<Logger>(LOGGER)
  const load = () => {
    module ??= import('./rehearsal.js')
    module.catch(() => {}) // told where it begins
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
      await rehearsal.ended
      isOver = true
    } catch (thrown) {
      log.debug('cannot rehearse', { why: asError(thrown).message })
    }
  }
  const begin = () => {
    beginning ??= run()
  }
  // The start enters the namespace of a device again and again, and what is opened meanwhile would be in there.
  const calls = config.peers.some(({ endpoints }) => endpoints.length > 0)
  const beginsEarly = calls && config.tun.namespace === undefined
  return {
    loaded(counted) {
      traffic = counted
      if (isStopped) return
      if (beginsEarly) begin()
      else void load() // now, since a process that has dropped root by then may not read its own files
    },
    started() {
      if (!isStopped) begin()
    },
    async stop() {
      isStopped = true
      if (rehearsal !== undefined && !isOver) rehearsed.delete(shape) // the next one like it goes on
      void rehearsal?.stop()
      await beginning
    },
  }
}

/** What tunnels have in common that run the same code. */
function shapeOf({ cipher, isolateClients, listen, packetHooks, peers, tun }: TunnelConfig): string {
  const urls = [...listen, ...peers.flatMap(({ endpoints }) => endpoints)]
  const transports = [...new Set(urls.map(({ protocol }) => protocol))].sort()
  return JSON.stringify([cipher, transports, packetHooks, tun.mtu, isolateClients])
}
