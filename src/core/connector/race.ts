import type { Link } from '../api/transport.js'
import type { ToldReason } from '../reasons/reason.js'
import { Alarm } from '../time/alarm.js'
import { Attempt } from './attempt.js'
import type { ConnectorParts } from './connector-parts.js'

/** Milliseconds in which no step of an attempt ends until another endpoint is tried alongside. */
export const PATIENCE = 3_000
/** Attempts at once. */
export const MOST_AT_ONCE = 2

/** How a race is told of. */
export interface RaceHandlers {
  /** One of the attempts has this link open, which proves nothing yet; undefined: none has one any more. */
  opened(link: Link | undefined): void
  /** The endpoint `index` answers by this link, as an attempt says. The other attempt, if there was one, is called off. */
  won(index: number, link: Link, trial: number | undefined): void
  failed(index: number, error: Error, reason: ToldReason): void
  /** The endpoint `index` made no progress for PATIENCE and was called off, since another one answered. */
  overtaken(index: number, reason: ToldReason): void
  /** None of the attempts under way made progress for PATIENCE, and another one may begin. */
  stalled(): void
}

/** An attempt under way. */
interface Runner {
  readonly attempt: Attempt
  /** Open, and not proven. */
  link: Link | undefined
}

/** Attempts to reach a peer by one or two of its endpoints: the first that succeeds ends the other one. */
export class Race {
  readonly #parts: ConnectorParts
  readonly #handlers: RaceHandlers
  /** By endpoint, in the order in which they began. */
  readonly #runners = new Map<number, Runner>()
  /** Rings when those under way may have made no progress for long enough. */
  readonly #alarm: Alarm

  constructor(parts: ConnectorParts, handlers: RaceHandlers) {
    this.#parts = parts
    this.#handlers = handlers
    this.#alarm = new Alarm(parts.clock, () => parts.run(() => this.#look()))
  }

  get isOn(): boolean {
    return this.#runners.size > 0
  }

  /**
   * Whether the endpoint `index` may be tried now: it is not, there is room, and no attempt under way goes through a proxy that
   * would be told one login twice at a time.
   */
  admits(index: number): boolean {
    if (this.#runners.has(index) || this.#runners.size >= MOST_AT_ONCE) return false
    const logins = this.#loginsOf(index)
    return [...this.#runners.keys()].every((other) =>
      this.#loginsOf(other).every((login) => !logins.includes(login)),
    )
  }

  /** Tries the endpoint `index`, which has to be admitted. */
  try(index: number): void {
    const { endpoints } = this.#parts
    const runner: Runner = {
      attempt: new Attempt(this.#parts, endpoints[index]!, 'search', {
        opened: (link) => {
          runner.link = link
          this.#handlers.opened(link)
        },
        succeeded: (link, trial) => this.#won(index, link, trial),
        failed: (error, reason) => {
          this.#runners.delete(index)
          if (!this.isOn) this.#alarm.cancel()
          if (runner.link !== undefined || !this.isOn) this.#handlers.opened(this.#openLink)
          this.#handlers.failed(index, error, reason)
        },
      }),
      link: undefined,
    }
    this.#runners.set(index, runner)
    this.watch()
  }

  /** Another endpoint may be there to be tried: it is, once those under way make no progress. */
  watch(): void {
    if (!this.#hasRoom) return
    this.#alarm.set(this.#stalledAt, this.#parts.clock.now())
  }

  onAuthenticated(link: Link, probeReplies: readonly number[]): void {
    // If anything proves, what came by the very link of one proves no other, though all UDP addresses count as one carrier.
    const isBound = this.#parts.sessions?.trials !== undefined
    const own = isBound ? undefined : [...this.#runners.values()].find((runner) => runner.link === link)
    if (own !== undefined) own.attempt.onAuthenticated(link, probeReplies)
    else for (const { attempt } of [...this.#runners.values()]) attempt.onAuthenticated(link, probeReplies)
  }

  closed(link: Link, error: Error | undefined): void {
    for (const { attempt } of [...this.#runners.values()]) attempt.closed(link, error)
  }

  /** Calls all off silently. Resolves once what was opened is closed. */
  async cancel(): Promise<void> {
    const runners = [...this.#runners.values()]
    this.#runners.clear()
    this.#alarm.cancel()
    await Promise.all(runners.map(({ attempt }) => attempt.cancel()))
  }

  #won(index: number, link: Link, trial: number | undefined): void {
    const now = this.#parts.clock.now()
    this.#runners.delete(index)
    const late = [...this.#runners].filter(([, { attempt }]) => now - attempt.progressAt >= PATIENCE)
    const reasons = late.map(([other, { attempt }]) => [other, attempt.lateReason] as const)
    void this.cancel()
    for (const [other, reason] of reasons) this.#handlers.overtaken(other, reason)
    this.#handlers.won(index, link, trial)
  }

  #look(): void {
    if (!this.#hasRoom) return
    if (this.#parts.clock.now() < this.#stalledAt) this.watch()
    else this.#handlers.stalled()
  }

  /** Whether an attempt is under way beside which another one could be. */
  get #hasRoom(): boolean {
    return this.isOn && this.#runners.size < Math.min(MOST_AT_ONCE, this.#parts.endpoints.length)
  }

  get #stalledAt(): number {
    return PATIENCE + Math.max(...[...this.#runners.values()].map(({ attempt }) => attempt.progressAt))
  }

  /** The link that was opened last of those under way. */
  get #openLink(): Link | undefined {
    return [...this.#runners.values()].findLast(({ link }) => link !== undefined)?.link
  }

  #loginsOf(index: number): readonly string[] {
    return this.#parts.logins?.(this.#parts.endpoints[index]!) ?? []
  }
}
