import type { Link } from '../../api/transport.js'
import type { Clock, Timer } from '../../time/clock.js'

/** What a retired link is made of. */
export interface RetiredLinkParts {
  readonly link: Link
  /** The endpoint that it leads to. */
  readonly index: number
  /** When it counts as not cut. */
  readonly until: number
  readonly clock: Clock
  readonly run: (work: () => void) => void
  /** It was not cut until now. */
  readonly outlived: () => void
}

/**
 * A link that another one replaced before it is cut: what is under way by it still arrives, and its end shows whether it was to be
 * replaced at all.
 */
export class RetiredLink {
  readonly link: Link
  readonly index: number
  readonly #timer: Timer

  constructor({ link, index, until, clock, run, outlived }: RetiredLinkParts) {
    this.link = link
    this.index = index
    this.#timer = clock.schedule(Math.max(0, until - clock.now()), () => run(outlived))
  }

  /** Idempotent. Resolves once the link is closed. */
  async close(): Promise<void> {
    this.#timer.cancel()
    await this.link.close()
  }
}
