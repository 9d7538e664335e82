import { type ClientSettings, NO_SETTINGS, sameSettings } from '../../../core/settings/client-settings.js'
import type { Deadline } from '../../../core/time/deadline.js'
import { CONTROL_TYPES, writeControl } from './control.js'
import { ControlRequest } from './control-request.js'
import { settingsItems } from './control-settings.js'

/** Milliseconds from one question to the next: however often a peer's settings change, they are not asked for more often. */
const QUESTION_INTERVAL = 1000

/**
 * Settings between this end and one peer, both ways. An end that wants settings asks for them in each session, and gets
 * all that there are now, so that a server that restarted, or has nothing to push any more, is understood. A
 * peer that asked is told of changes; telling brings it to ask again:
 *
 *     client: request → server: response                    in each session
 *     server: news → client: request, with the id of the news → server: response
 */
export class SettingsExchange {
  readonly #question: ControlRequest
  readonly #news: ControlRequest
  readonly #ids: () => number
  /** What the peer gets that asks. */
  #pushed: ClientSettings = NO_SETTINGS
  #asks = false
  #askedAt = Number.NEGATIVE_INFINITY
  /** Whether the peer was asked in the session that began last. */
  #askedInSession = false
  /** Whether the peer ever asked, so that news are of use to it. */
  #wasAsked = false

  /**
   * @param ids yields ids of requests at random, 32 bits.
   * @param deadline is lowered to when a message is due.
   */
  constructor(ids: () => number, deadline: Deadline) {
    this.#ids = ids
    this.#question = new ControlRequest(deadline)
    this.#news = new ControlRequest(deadline)
  }

  /** When a message is due; Infinity for never. */
  get nextAt(): number {
    return Math.min(this.#question.nextAt, this.#news.nextAt)
  }

  /** What the peer gets from now on. If it asked before, it is notified. */
  push(settings: ClientSettings, now: number): void {
    const changes = !sameSettings(settings, this.#pushed)
    this.#pushed = settings
    if (changes && this.#wasAsked) this.#news.begin(this.#ids(), now)
  }

  /** Whether to ask the peer from now on. `reachable`: whether it is there and understands questions. */
  ask(asks: boolean, reachable: boolean, now: number): void {
    if (!asks) {
      this.#askedInSession = false
      this.#question.end()
    }
    this.#asks = asks
    if (reachable) this.understood(now)
  }

  /** A session began. */
  begin(): void {
    this.#askedInSession = false
  }

  /** The peer said that it understands control messages. */
  understood(now: number): void {
    if (!this.#asks || this.#askedInSession) return
    this.#askedInSession = true
    this.#question.begin(this.#ids(), now)
  }

  /** The message that is due, to be sealed; undefined if there is none. */
  due(now: number): Uint8Array | undefined {
    if (this.#question.nextAt <= now && this.#question.send(now)) {
      this.#askedAt = now
      return writeControl({ type: CONTROL_TYPES.settingsRequest, id: this.#question.id, items: [] })
    }
    if (this.#news.nextAt <= now && this.#news.send(now))
      return writeControl({ type: CONTROL_TYPES.settingsNews, id: this.#news.id, items: [] })
    return undefined
  }

  /** The peer has news: it is asked again, soon. */
  told(id: number, now: number): void {
    if (!this.#asks || (this.#question.isOpen && this.#question.id === id)) return
    this.#question.begin(id, Math.max(now, this.#askedAt + QUESTION_INTERVAL))
  }

  /** The answer to the peer's question. */
  answer(id: number): Uint8Array {
    this.#wasAsked = true
    this.#news.end()
    return writeControl({ type: CONTROL_TYPES.settingsResponse, id, items: settingsItems(this.#pushed) })
  }

  /** Whether the peer's response with this id answers the question that is open, which it closes. */
  answers(id: number): boolean {
    if (!this.#question.isOpen || this.#question.id !== id) return false
    this.#question.end()
    return true
  }

  /** The peer understands no control messages any more. */
  forget(): void {
    this.#question.end()
    this.#news.end()
  }
}
