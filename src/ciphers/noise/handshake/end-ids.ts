import type { Logger } from '../../../core/api/logger.js'
import { catalogued } from '../../../core/reasons/reason.js'

/** Bytes of the id that an end picks at random when it starts. */
export const END_ID_BYTES = 16
/** Ids of far ends that are remembered, to tell a third end from one that restarted. */
const MAX_REMEMBERED = 16

/** Who uses one shared key: this end, and the one far end that it is meant for. */
export class EndIds {
  readonly own: Uint8Array
  readonly #log: Pick<Logger, 'warn'>
  /** Ids of far ends, the one met last at the end. */
  readonly #met: Uint8Array[] = []

  constructor(own: Uint8Array, log: Pick<Logger, 'warn'>) {
    this.own = own
    this.#log = log
  }

  /** Whether the far end's id is the greater one. */
  get farWinsTieBreak(): boolean {
    const far = this.#met.at(-1)
    return far !== undefined && Buffer.compare(far, this.own) > 0
  }

  isOwn(id: Uint8Array): boolean {
    return Buffer.compare(id, this.own) === 0
  }

  /**
   * Notes a far end that proved to have the key. One with a new id may have restarted; but who comes back after
   * another is one of two that use the key at the same time.
   */
  met(id: Uint8Array): void {
    const known = this.#met.findIndex((other) => Buffer.compare(other, id) === 0)
    if (known >= 0 && known === this.#met.length - 1) return
    if (known >= 0) {
      this.#met.splice(known, 1)
      const { code, remedy, text } = catalogued('key-shared')
      this.#log.warn(text, { code, remedy })
    }
    this.#met.push(Uint8Array.from(id))
    if (this.#met.length > MAX_REMEMBERED) this.#met.shift()
  }
}
