import type { PeerId } from '../api/cipher.js'
import { isQanatError, TransportError } from '../api/errors.js'
import type { Clock, Timer } from '../time/clock.js'
import type { SearchEvent } from './search-event.js'

/**
 * Milliseconds for which name servers may say at a start that a name does not exist: a network that comes up may ask
 * others first.
 */
export const UNKNOWN_LIMIT = 60_000

/** What the start of a tunnel depends on. */
export interface StartParts {
  readonly clock: Clock
  /** Milliseconds to wait for a link to any peer; undefined for as long as it takes. */
  readonly wait: number | undefined
  /** Is called at most once, if the start fails. */
  readonly failed: (error: TransportError) => void
}

/** A peer as far as a start depends on it. */
export interface StartPeer {
  readonly id: PeerId
  readonly endpoints: readonly URL[]
}

/**
 * The time from the start of a tunnel until a peer can be called. It waits for names that nobody answers for, but fails if
 * no name of any peer is known for a minute, or if its own limit is over. It ends as soon as a link is open, and never
 * fails if a peer has no endpoint, since that one may call.
 */
export class StartPhase {
  readonly #parts: StartParts
  readonly #peers: readonly StartPeer[]
  /** By peer and endpoint, since when the name is unknown; Infinity if something else was wrong last. */
  readonly #unknown = new Map<string, number>()
  #limit: Timer | undefined
  /** What went wrong last. */
  #why: Error | undefined
  #over = false

  constructor(parts: StartParts, peers: readonly StartPeer[]) {
    this.#parts = parts
    this.#peers = peers
    const { clock, wait } = parts
    if (peers.length === 0 || peers.some(({ endpoints }) => endpoints.length === 0)) this.end()
    else if (wait !== undefined) this.#limit = clock.schedule(wait, () => this.#late(wait))
  }

  /** What the search for a peer tells. */
  told(id: PeerId, event: SearchEvent): void {
    if (this.#over) return
    if (event.kind === 'opened' || event.kind === 'found') this.end()
    else if ('error' in event) this.#failed(id, event)
  }

  /** Idempotent. The start is over: it does not fail any more. */
  end(): void {
    this.#over = true
    this.#limit?.cancel()
  }

  #failed(id: PeerId, { kind, endpoint, error }: Extract<SearchEvent, { readonly error: Error }>): void {
    const now = this.#parts.clock.now()
    const place = placeOf(id, endpoint)
    const isUnknown = isUnknownHost(error)
    if (kind === 'given up') this.#unknown.set(place, Number.NEGATIVE_INFINITY)
    else if (!isUnknown) this.#unknown.set(place, Number.POSITIVE_INFINITY)
    else this.#unknown.set(place, Math.min(now, this.#unknown.get(place) ?? now))
    this.#why = error
    const limit = now - UNKNOWN_LIMIT
    const allUnknown = this.#peers.every(({ id, endpoints }) =>
      endpoints.every((endpoint) => (this.#unknown.get(placeOf(id, endpoint)) ?? now) <= limit),
    )
    if (isUnknown && allUnknown) this.#endBy(`${error.message}, for ${UNKNOWN_LIMIT / 1000} s`)
  }

  #late(wait: number): void {
    this.#endBy(`Cannot reach a peer within ${wait / 1000} s: ${this.#why?.message ?? 'nothing answers'}`)
  }

  #endBy(message: string): void {
    const cause = this.#why
    this.end()
    this.#parts.failed(
      new TransportError(message, {
        code: isUnknownHost(cause) ? 'ERR_HOST_UNKNOWN' : 'ERR_TRANSPORT_DIAL',
        cause,
      }),
    )
  }
}

function isUnknownHost(error: Error | undefined): boolean {
  return isQanatError(error) && error.code === 'ERR_HOST_UNKNOWN'
}

function placeOf(id: PeerId, { href }: URL): string {
  return `${id} ${href}`
}
