import type { Logger } from '../../core/api/logger.js'
import { type OptionGroups, WEBSOCKET_SETTINGS } from '../../core/settings/option-groups.js'
import type { Clock } from '../../core/time/clock.js'
import { MessageWatch } from './message-watch.js'

/** Bytes of messages that gateways take, the largest first. */
const STEPS = [32_768, 16_384, 8_192, 4_096, WEBSOCKET_SETTINGS.maxMessage.min]
/** Milliseconds that a size is kept: by then another network may be in between. */
const KEPT = 3_600_000
/** Places of which a size is known; the one learned first is forgotten. */
const MAX_PLACES = 1_024
/** Large messages after which nothing came, on links to one place that died, that teach a smaller size. */
const EVIDENCE = 2

interface Learned {
  readonly bytes: number
  readonly until: number
  /** Large messages that were sent to no avail since. */
  readonly lost: number
}

/**
 * How large messages may be, by the place that they are sent to: an endpoint, or the address that a client comes from.
 * Gateways that look into WebSockets bound them, by 1009 or by ending what carries a larger one, and say nowhere how large.
 */
export class MessageSizes {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #most: number
  readonly #learned = new Map<string, Learned>()

  /** @param most Bytes, as configured; as many as a message can have if absent. */
  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }, most?: number) {
    this.#clock = clock
    this.#log = log
    this.#most = most ?? WEBSOCKET_SETTINGS.maxMessage.default
  }

  /** Bytes of the largest message to a place. */
  to(place: string): number {
    return this.#known(place).bytes
  }

  /**
   * Watches a link to a place, so that what ends it may teach a smaller size.
   *
   * @param size Bytes of the largest message by that link.
   * @param dialled Whether this end opened it: then a gateway's 1009 counts, whoever's message it was for.
   */
  watch(place: string, size: number, dialled: boolean): MessageWatch {
    return new MessageWatch(this.#clock, size, dialled, {
      refused: (bytes) => this.#learn(place, Math.min(bytes ?? size, size)),
      lost: (count, bytes) => {
        const known = this.#known(place)
        const lost = known.lost + count
        if (lost >= EVIDENCE) this.#learn(place, Math.min(bytes, size))
        else this.#note(place, { ...known, lost })
      },
      passed: () => {
        const known = this.#known(place)
        if (known.lost > 0) this.#note(place, { ...known, lost: 0 })
      },
    })
  }

  #known(place: string): Learned {
    const known = this.#learned.get(place)
    if (known !== undefined && known.until > this.#clock.now()) return known
    return { bytes: this.#most, until: Number.POSITIVE_INFINITY, lost: 0 }
  }

  /** Messages of so many bytes do not pass. */
  #learn(place: string, bytes: number): void {
    const smaller = STEPS.find((step) => step < bytes)
    if (smaller === undefined || smaller >= this.#known(place).bytes) return
    this.#note(place, { bytes: smaller, until: 0, lost: 0 })
    this.#log.info('something on the way takes no large messages: smaller ones from now on', {
      place,
      bytes: smaller,
    })
  }

  #note(place: string, known: Learned): void {
    this.#learned.delete(place)
    this.#learned.set(place, { ...known, until: this.#clock.now() + KEPT })
    if (this.#learned.size <= MAX_PLACES) return
    const [oldest] = this.#learned.keys()
    this.#learned.delete(oldest!)
  }
}

/** Those of before, with what they learned, unless another bound is configured. */
export function sizesAfter(
  known: MessageSizes,
  before: OptionGroups,
  after: OptionGroups,
  parts: { readonly clock: Clock; readonly log: Logger },
): MessageSizes {
  const [old, most] = [before.websocket?.maxMessage, after.websocket?.maxMessage]
  return old === most ? known : new MessageSizes(parts, most)
}

/** The key of a request's query that says how large messages its sender may be sent. */
const KEY = 'max-message'

/** An endpoint that tells the far end how large messages may be; as it is if they may have any size. */
export function tellingSize(endpoint: URL, bytes: number): URL {
  if (bytes === WEBSOCKET_SETTINGS.maxMessage.max) return endpoint
  const told = new URL(endpoint)
  told.searchParams.set(KEY, String(bytes))
  return told
}

/** What a request's target says of that; any size if it says nothing, or nothing that can be. */
export function toldSize(target = ''): number {
  const { min, max } = WEBSOCKET_SETTINGS.maxMessage
  const text = new URLSearchParams(target.slice(target.indexOf('?') + 1)).get(KEY) ?? ''
  const bytes = /^\d{1,5}$/.test(text) ? Number(text) : max
  return bytes >= min && bytes <= max ? bytes : max
}
