import type { Link, Listener } from '../../core/api/transport.js'

/** A listener whose place another one may take without a gap. */
export interface Replaceable extends Listener {
  /** The links that it accepted and that are open. */
  readonly accepted: Iterable<Link>
  /**
   * Lets the next one that listens at the same host and port take over its socket, so that none is closed before the other is
   * open, and a port that takes root stays after root was given up.
   *
   * @returns What takes the offer back. Idempotent.
   */
  offer(): () => void
}

export function isReplaceable(listener: Listener): listener is Replaceable {
  return 'offer' in listener
}
