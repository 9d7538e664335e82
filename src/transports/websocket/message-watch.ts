import { WEBSOCKET_SETTINGS } from '../../core/settings/option-groups.js'
import type { Clock } from '../../core/time/clock.js'
import type { CarrierWatch } from '../streams/connection-parts.js'

/** Bytes. Messages up to this pass everywhere. */
const SMALL = WEBSOCKET_SETTINGS.maxMessage.min
/** Milliseconds after a large message in which what comes may have been on its way before it. */
const ON_ITS_WAY = 1_000
/** Milliseconds of silence after which a link that this end closes counts as dead. */
const SILENCE = 2_000
/** Super-packets are rarely as large as the largest message: if such a share of it passes, all of it does. */
const NEARLY = 0.9

/** Who is told what the end of a link teaches. */
export interface MessageFindings {
  /** A message was too large: one of so many bytes, or the far end's. */
  refused(bytes: number | undefined): void
  /** So many large messages, of at most so many bytes, were the last that the link carried. */
  lost(count: number, bytes: number): void
  /** The far end answers behind a large message. */
  passed(): void
  /** The far end may be sent messages of so many bytes at most. */
  told(bytes: number): void
  /** The link is open, and over. */
  began(watch: MessageWatch): void
  ended(watch: MessageWatch): void
}

/** Whether large messages pass by a link. It costs nothing once the largest do. */
export class MessageWatch implements CarrierWatch {
  isWatching = true
  readonly #clock: Clock
  readonly #dialled: boolean
  #size: number
  readonly #findings: MessageFindings
  /** Bytes of messages that pass. */
  #passing: number = SMALL
  /** Of those that may not: how many there are, the largest, and when that was sent. */
  #count = 0
  #largest = 0
  #since = 0
  #isOver = false
  #narrow: ((bytes: number) => void) | undefined

  /** @param size Bytes of the largest message by the link. */
  constructor(clock: Clock, size: number, dialled: boolean, findings: MessageFindings) {
    this.#clock = clock
    this.#size = size
    this.#dialled = dialled
    this.#findings = findings
  }

  begins(narrow: (bytes: number) => void): void {
    this.#narrow = narrow
    this.#findings.began(this)
  }

  /** Messages of more bytes do not pass to the same place by another link; by this one they do if they did before. */
  narrow(bytes: number): void {
    if (!this.isWatching || bytes >= this.#size) return
    this.#size = bytes
    this.#narrow?.(bytes)
  }

  told(bytes: number): void {
    this.#size = Math.min(this.#size, bytes)
    if (this.#dialled) this.#findings.told(bytes)
  }

  sent(datagrams: readonly Uint8Array[]): void {
    let largest = this.#largest
    for (const { length } of datagrams) {
      if (length <= this.#passing) continue
      this.#count++
      if (length > largest) largest = length
    }
    if (largest === this.#largest) return
    this.#largest = largest
    this.#since = this.#clock.now()
  }

  received(): void {
    if (this.#count === 0 || this.#clock.now() - this.#since < ON_ITS_WAY) return
    this.#passing = this.#largest
    this.#count = 0
    this.#largest = 0
    this.isWatching = this.#passing < NEARLY * this.#size
    this.#findings.passed()
  }

  /** Whoever reads the messages says that one was too large: RFC 6455 section 7.4.1, 1009. */
  refused(): void {
    const ours = this.#largest || (this.#passing > SMALL ? this.#passing : undefined)
    this.#end()
    // Who has not proven itself is sent nothing large, and teaches nothing.
    if (this.#dialled || ours !== undefined) this.#findings.refused(this.#largest || undefined)
  }

  ended(how: 'here' | 'there' | 'failed'): void {
    if (this.#isOver) return
    this.#end()
    const isDead = how === 'failed' || (how === 'here' && this.#clock.now() - this.#since >= SILENCE)
    if (isDead && this.#count > 0) this.#findings.lost(this.#count, this.#largest)
  }

  #end(): void {
    this.#isOver = true
    this.#findings.ended(this)
  }
}
