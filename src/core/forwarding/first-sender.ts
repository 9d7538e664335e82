import type { Link } from '../api/transport.js'

/** Milliseconds of silence after which another sender may take the place of the first. */
const SILENCE = 60_000

/**
 * Whom an end hears whose cipher proves nothing: the remote it was told, or else the first that sends
 * something well-formed, until it has been silent for a minute or its connection ends. So an unknown source cannot
 * take the tunnel over by one forged datagram while it is in use.
 */
export class FirstSender {
  #remote: string | undefined
  #fixed = false
  #lastHeard = Number.NEGATIVE_INFINITY

  /** Hears this remote only, from now on. */
  fix(link: Link): void {
    this.#remote = link.remote
    this.#fixed = true
  }

  /** Whether what comes by `link` is listened to. */
  hears(link: Link, now: number): boolean {
    if (link.remote === this.#remote || this.#remote === undefined) return true
    return !this.#fixed && now - this.#lastHeard >= SILENCE
  }

  /** Notes that something well-formed came by a link that is listened to. */
  onAuthenticated(link: Link, now: number): void {
    if (!this.#fixed) this.#remote = link.remote
    this.#lastHeard = now
  }

  /** `link` ended: its remote comes back by another one, whose address may differ in the port. */
  closed(link: Link): void {
    if (!this.#fixed && link.remote === this.#remote) this.#remote = undefined
  }
}
