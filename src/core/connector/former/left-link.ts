import type { Link } from '../../api/transport.js'
import type { Clock, Timer } from '../../time/clock.js'

/** Milliseconds for what is under way by a link to another process than the one that is gone on with. */
export const LEFT_OPEN = 5_000

/** What a link that is left is made of. */
export interface LeftLinkParts {
  readonly link: Link
  /** The last datagram for the process at its far end; undefined if it would not understand. */
  readonly goodbye: Uint8Array | undefined
  readonly clock: Clock
  readonly run: (work: () => void) => void
}

/** The link to a process that the peer's other one took over from: what comes by it is taken for a while, nothing is sent but a goodbye. */
export class LeftLink {
  readonly link: Link
  readonly #timer: Timer
  #goodbye: Uint8Array | undefined

  constructor({ link, goodbye, clock, run }: LeftLinkParts) {
    this.link = link
    this.#goodbye = goodbye && Uint8Array.from(goodbye)
    this.#timer = clock.schedule(LEFT_OPEN, () => run(() => void link.close()))
  }

  /** The other process has what is sent now: this one is told that it has not. */
  leave(): void {
    const goodbye = this.#goodbye
    this.#goodbye = undefined
    if (goodbye !== undefined) this.link.send([goodbye])
  }

  /** Idempotent. Resolves once the link is closed. */
  async close(): Promise<void> {
    this.#timer.cancel()
    await this.link.close()
  }
}
