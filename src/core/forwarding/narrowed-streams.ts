import type { Link } from '../api/transport.js'
import type { Peer } from '../peers/peers.js'
import { Alarm } from '../time/alarm.js'
import type { Clock } from '../time/clock.js'

/**
 * Milliseconds. The least age at which a stream gives way to a new one: a route that carries more and less in turn, as by two
 * neighbours' router advertisements, would open one after another.
 */
export const LEAST_AGE = 3_000

/** What giving way depends on. */
export interface NarrowedStreamsParts {
  readonly clock: Clock
  /** Does some work on parts of the tunnel. */
  readonly run: (work: (now: number) => void) => void
  /** Closes a link that the far end is to open anew. */
  readonly end: (link: Link) => void
  /** The routes of streams are to be followed from now on. */
  readonly follow?: (() => void) | undefined
}

/** What is known of a stream. */
interface Stream {
  readonly since: number
  /** The change of the host's routes with which it was looked at last. */
  heeded: number | undefined
}

/** Gives up streams whose routes carry less than when they were opened, for new ones if this end dials. */
export class NarrowedStreams {
  readonly #parts: NarrowedStreamsParts
  readonly #streams = new WeakMap<Link, Stream>()
  /** Those that narrowed before they may give way, and whose they are. */
  readonly #young = new Map<Link, Peer>()
  /** Rings when one of them may. */
  readonly #alarm: Alarm

  constructor(parts: NarrowedStreamsParts) {
    this.#parts = parts
    this.#alarm = new Alarm(parts.clock, () => parts.run((now) => this.#lookAgain(now)))
  }

  /** A link is in use from now on. */
  came(link: Link, now: number): void {
    if (link.hasNarrowed !== undefined) this.#streamOf(link, now)
  }

  /** Looks at a stream to a peer that can tell, once after each change of the host's routes, of which there were so many. */
  heed(peer: Peer, link: Link, changes: number, now: number): void {
    const stream = this.#streamOf(link, now)
    const { heeded } = stream
    if (heeded === changes) return
    stream.heeded = changes
    if (heeded === undefined) this.#parts.follow?.()
    if (changes === 0 || !link.hasNarrowed!()) return
    const due = stream.since + LEAST_AGE
    if (now >= due) this.#giveUp(peer, link)
    else {
      this.#young.set(link, peer)
      this.#alarm.set(due, now)
    }
  }

  /** Idempotent. Nothing is looked at again. */
  stop(): void {
    this.#alarm.cancel()
  }

  /** Looks at those that are old enough by now: their routes may be as they were. */
  #lookAgain(now: number): void {
    for (const [link, peer] of this.#young) {
      const due = this.#streamOf(link, now).since + LEAST_AGE
      if (peer.link === link && now < due) this.#alarm.set(due, now)
      else {
        this.#young.delete(link)
        if (peer.link === link && link.hasNarrowed!()) this.#giveUp(peer, link)
      }
    }
  }

  #giveUp(peer: Peer, link: Link): void {
    if (peer.chooser?.renews(link) === true) return
    // Amid the pump's work nothing ends.
    this.#parts.clock.schedule(0, () => this.#parts.end(link))
  }

  #streamOf(link: Link, now: number): Stream {
    const known = this.#streams.get(link)
    if (known !== undefined) return known
    const stream: Stream = { since: now, heeded: undefined }
    this.#streams.set(link, stream)
    return stream
  }
}
