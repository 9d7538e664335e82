import type { Link } from '../../core/api/transport.js'
import { type Reason, reason } from '../../core/reasons/reason.js'
import type { ConnectionParts } from './connection-parts.js'

/** Milliseconds that an orderly close may take; then the connection is destroyed. */
export const CLOSE_GRACE = 500

type LifecycleParts = Pick<ConnectionParts, 'handlers' | 'unauthenticated' | 'route' | 'gone' | 'watch'>

/** As `Link.unproven`, of a link by which something came, or nothing. */
export function heardOf(hasHeard: boolean): Reason | undefined {
  return hasHeard ? reason('handshake-foreign') : undefined
}

/**
 * The end of a link over a connection, which comes once: closed by the user of the link, or because the remote ended
 * it or it failed, of which the user is told.
 */
export class LinkLifecycle {
  /** False from the first moment of the end on. A link that is not open sends nothing and delivers nothing. */
  isOpen = true
  /** As `Link.hasNarrowed`. */
  readonly hasNarrowed: Link['hasNarrowed']
  readonly #parts: LifecycleParts
  /** Undefined once something authentic came, or if nobody counts the link. */
  #unauthenticated: ConnectionParts['unauthenticated']
  /** Resolves once the carrier is gone. */
  #gone: Promise<void> | undefined

  constructor(parts: LifecycleParts) {
    const { route, unauthenticated } = parts
    this.#parts = parts
    this.#unauthenticated = unauthenticated
    if (unauthenticated === undefined) route?.begin()
    this.hasNarrowed = route && (() => this.isOpen && route.hasNarrowed)
  }

  /** Something authentic came by the link: it counts no longer among those that nobody knows. Whether it did until now. */
  authenticated(): boolean {
    if (this.#unauthenticated === undefined) return false
    this.#unauthenticated.settle()
    this.#unauthenticated = undefined
    this.#parts.route?.begin() // not before: strangers cost as little as can be
    return true
  }

  /** As `Link.close`. `sayGoodbye` ends the carrier in order, and resolves once it is gone. */
  close(sayGoodbye: () => Promise<void>): Promise<void> {
    if (this.isOpen) {
      this.#release('here')
      this.#gone = sayGoodbye()
    }
    return this.#gone!
  }

  /** The remote ended `link`, or it failed. `letGo` drops the carrier, and resolves once it is gone. */
  end(link: Link, error: Error | undefined, letGo: () => Promise<void>): void {
    if (!this.isOpen) return
    this.#release(error === undefined ? 'there' : 'failed')
    this.#gone = letGo()
    this.#gone.catch(() => {}) // whoever closes the link is told
    this.#parts.handlers.closed(link, error)
  }

  #release(how: 'here' | 'there' | 'failed'): void {
    this.isOpen = false
    this.#parts.watch?.ended(how)
    this.#unauthenticated?.settle()
    this.#parts.route?.end()
    this.#parts.gone?.()
  }
}
