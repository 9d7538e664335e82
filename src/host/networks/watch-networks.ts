import { asError, isQanatError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { type NetworkEvent, NetworkWatch } from '../../native/netlink/network-watch.js'

/** Milliseconds from the first of several changes until they are looked at: an address comes with its routes. */
const PAUSE = 250

/** What watching depends on. */
export interface WatchParts {
  readonly clock: Clock
  readonly log: Logger
  /** Tells of changes of the host's network until it is closed. Default: the kernel's own events. */
  readonly watch?: (changed: (event: NetworkEvent) => void) => { close(): Promise<void> }
  /** Milliseconds from the first of several changes until they are looked at; default: as long as they come together. */
  readonly pause?: number
}

/**
 * Calls `changed` soon after interfaces, addresses or routes of the host changed, until what it returns is called. Without
 * koffi nothing tells of that, and it is never called.
 */
export function watchNetworks(
  { clock, log, watch, pause = PAUSE }: WatchParts,
  changed: () => void,
): () => Promise<void> {
  let timer: Timer | undefined
  const note = ({ kind }: NetworkEvent) => {
    if (kind !== 'routing') return
    timer ??= clock.schedule(pause, () => {
      timer = undefined
      changed()
    })
  }
  const failed = (thrown: unknown) =>
    log.warn('cannot watch the networks of the host', { why: asError(thrown).message })
  const byKernel = (noted: typeof note) => new NetworkWatch(noted, failed)
  try {
    const watching = (watch ?? byKernel)(note)
    return async () => {
      timer?.cancel()
      await watching.close()
    }
  } catch (thrown) {
    if (!(isQanatError(thrown) && thrown.code === 'ERR_NATIVE')) failed(thrown)
    return async () => {}
  }
}
