import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../../core/api/config.js'
import type { Traffic } from '../../core/peers/traffic.js'
import type { Rehearsal } from './rehearsal.js'

/** Set to 1 to rehearse nothing in a process, whatever else is said. */
const DISABLE_VARIABLE = 'QANAT_NO_REHEARSAL'

/** The rehearsal of a tunnel that starts. */
export interface BegunRehearsal {
  /** The tunnel's code is loaded; what it carries from now on is counted there. */
  readonly loaded: (traffic: Readonly<Traffic>) => void
  /** The tunnel runs. */
  started(): void
  /** Ends it. Resolves once nothing of it is left. Idempotent. */
  stop(): Promise<void>
}

/**
 * Has a tunnel rehearsed beside its start: one that calls as soon as its code is loaded, since packets come soon, and one
 * that waits for its peers once it runs. Nothing waits for it. Undefined if nothing is to be rehearsed.
 */
export function beginRehearsal(
  container: DependencyContainer,
  config: TunnelConfig,
): BegunRehearsal | undefined {
  if (config.rehearsal === false || process.env[DISABLE_VARIABLE] === '1') return undefined
  let traffic: Readonly<Traffic> | undefined
  let rehearsal: Promise<Rehearsal> | undefined
  let isStopped = false
  const begin = () => {
    rehearsal ??= import('./rehearsal.js').then(({ Rehearsal }) => {
      const begun = new Rehearsal(container, config, traffic)
      if (isStopped) void begun.stop()
      return begun
    })
  }
  // The start enters the namespace of a device again and again, and what is opened meanwhile would be in there.
  const calls = config.peers.some(({ endpoints }) => endpoints.length > 0)
  const beginsEarly = calls && config.tun.namespace === undefined
  return {
    loaded(counted) {
      traffic = counted
      if (beginsEarly && !isStopped) begin()
    },
    started() {
      if (!isStopped) begin()
    },
    async stop() {
      isStopped = true
      await (await rehearsal)?.stop()
    },
  }
}
