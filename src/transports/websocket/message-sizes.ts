import type { Logger } from '../../core/api/logger.js'
import { type OptionGroups, WEBSOCKET_SETTINGS } from '../../core/settings/option-groups.js'
import type { Clock } from '../../core/time/clock.js'
import { Remembered } from '../../core/time/remembered.js'
import { MessageWatch } from './message-watch.js'

/** Bytes of messages that gateways take, the largest first. */
const STEPS = [32_768, 16_384, 8_192, 4_096, WEBSOCKET_SETTINGS.maxMessage.min]
/** Milliseconds that a size is kept, as another network may be in between by then, and places of which one is. */
const KEPT = { kept: 3_600_000, most: 1_024 }
/** Large messages after which nothing came, on links to one place that died, that teach a smaller size. */
const EVIDENCE = 2

interface Learned {
  readonly bytes: number
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
  readonly #learned: Remembered<Learned>
  /** Watches of links that are open, by the place that they lead to. */
  readonly #watches = new Map<string, Set<MessageWatch>>()

  /** @param most Bytes, as configured; as many as a message can have if absent. */
  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }, most?: number) {
    this.#clock = clock
    this.#log = log
    this.#most = most ?? WEBSOCKET_SETTINGS.maxMessage.default
    this.#learned = new Remembered(clock, KEPT)
  }

  /** Bytes of the largest message to a place. */
  to(place: string): number {
    return this.#known(place).bytes
  }

  /** Bytes of the largest message that a place may send to this end; undefined if it may have any size. */
  from(place: string): number | undefined {
    const bytes = this.to(place)
    return bytes === WEBSOCKET_SETTINGS.maxMessage.max ? undefined : bytes
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
        else this.#learned.note(place, { ...known, lost })
      },
      passed: () => {
        const known = this.#known(place)
        if (known.lost > 0) this.#learned.note(place, { ...known, lost: 0 })
      },
      told: (bytes) => this.#note(place, Math.max(bytes, WEBSOCKET_SETTINGS.maxMessage.min)),
      began: (watch) => this.#watches.set(place, (this.#watches.get(place) ?? new Set()).add(watch)),
      ended: (watch) => {
        const watches = this.#watches.get(place)
        if (watches?.delete(watch) && watches.size === 0) this.#watches.delete(place)
      },
    })
  }

  #known(place: string): Learned {
    return this.#learned.get(place) ?? { bytes: this.#most, lost: 0 }
  }

  /** Messages of so many bytes do not pass. */
  #learn(place: string, bytes: number): void {
    const smaller = STEPS.find((step) => step < bytes)
    if (smaller === undefined || !this.#note(place, smaller)) return
    for (const watch of this.#watches.get(place) ?? []) watch.narrow(smaller)
  }

  /** Keeps a size, if it is smaller than what is known. */
  #note(place: string, bytes: number): boolean {
    if (bytes >= this.#known(place).bytes) return false
    this.#learned.note(place, { bytes, lost: 0 })
    this.#log.info('something on the way takes no large messages: smaller ones from now on', {
      place,
      bytes,
    })
    return true
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
