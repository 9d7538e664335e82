import type { Deadline } from '../../../core/time/deadline.js'
import type { Exchange } from '../handshake/protocol.js'
import { REKEY_TIMEOUT } from '../wire/times.js'
import type { KeyPair } from './key-pair.js'

/** Trials of one peer at once. */
export const MOST_TRIALS = 4
/** Milliseconds for the answer to a trial, and for its session to be adopted. */
export const TRIAL_LIFETIME = REKEY_TIMEOUT

/** A handshake beside the session in use. */
export interface Trial {
  /** What the one who began it calls it. */
  readonly id: number
  readonly index: number
  readonly exchange: Exchange
  /** Whether the session in use goes on meanwhile. */
  readonly beside: boolean
  readonly startedAt: number
  /** Which of all initiations to the peer its own is. */
  readonly number: number
  /** Its session, once it was answered. */
  readonly keyPair: KeyPair | undefined
}

/** The trials of one peer. They are few, so all are looked at. */
export class TrialHandshakes {
  readonly #deadline: Deadline
  #trials: readonly Trial[] = []

  /** @param deadline is lowered to when a trial has been there for too long. */
  constructor(deadline: Deadline) {
    this.#deadline = deadline
  }

  get isFull(): boolean {
    return this.#trials.length >= MOST_TRIALS
  }

  /** When the first of them has been there for too long; Infinity if there is none. */
  get nextAt(): number {
    return Math.min(...this.#trials.map(({ startedAt }) => startedAt + TRIAL_LIFETIME))
  }

  /** Until when the session in use is not renewed, for a trial beside it; −Infinity if there is none. */
  get heldUntil(): number {
    return Math.max(
      ...this.#trials.map(({ beside, startedAt }) =>
        beside ? startedAt + TRIAL_LIFETIME : Number.NEGATIVE_INFINITY,
      ),
    )
  }

  /** There is room. */
  begin(trial: Trial): void {
    this.#trials = [...this.#trials, trial]
    this.#deadline.lower(this.nextAt)
  }

  /** The trial that waits for an answer to this index of this end's. */
  waitingFor(index: number): Trial | undefined {
    return this.#trials.find((trial) => trial.index === index && trial.keyPair === undefined)
  }

  /** A trial was answered. */
  answered(answered: Trial, keyPair: KeyPair): void {
    this.#trials = this.#trials.map((trial) => (trial === answered ? { ...trial, keyPair } : trial))
  }

  /** The trial of this id, answered or not. */
  find(id: number): Trial | undefined {
    return this.#trials.find((trial) => trial.id === id)
  }

  /** Takes a trial out. */
  take(id: number): Trial | undefined {
    const taken = this.find(id)
    this.#trials = this.#trials.filter((trial) => trial !== taken)
    return taken
  }

  /** Those that have been there for too long. */
  expired(now: number): readonly Trial[] {
    return this.#trials.filter(({ startedAt }) => now - startedAt >= TRIAL_LIFETIME)
  }

  [Symbol.iterator](): Iterator<Trial> {
    return this.#trials[Symbol.iterator]()
  }
}
