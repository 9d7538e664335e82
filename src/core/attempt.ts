import type { Sessions } from './cipher.js'
import type { Clock, Timer } from './clock.js'
import { asError, TransportError } from './errors.js'
import { PROBE_INTERVAL } from './liveness.js'
import type { Peer } from './peers.js'
import type { Link } from './transport.js'

/** Milliseconds that an attempt may take: name look-up, dialling, and the proof that the peer answers there. */
const DATAGRAM_LIMIT = 3_000
const STREAM_LIMIT = 6_000
/** Milliseconds between initiations of a handshake within one attempt. */
const INITIATION_INTERVAL = 1_000
/** Probes in a row that a better endpoint has to answer. */
const ECHOES_TO_RETURN = 3

/** What attempts share. */
export interface AttemptParts {
  readonly peer: Peer
  /** Opens a link to an endpoint whose datagrams and end the attempt is told of. */
  readonly dial: (endpoint: URL, signal: AbortSignal) => Promise<Link>
  /** Absent where the cipher proves nothing: then an open link is all that can be had. */
  readonly sessions: Sessions | undefined
  readonly clock: Clock
}

/** How an attempt is told of. Exactly one of `succeeded` and `failed` is called, unless it is cancelled. */
export interface AttemptHandlers {
  /** The link is open, and nothing is proven yet. */
  opened?(link: Link): void
  succeeded(link: Link): void
  failed(error: Error): void
}

/** Whether what comes by one link proves that the other one works: the same stream, or any UDP address. */
export function sameCarrier(a: Link | undefined, b: Link): boolean {
  return a === b || (a !== undefined && !a.stream && !b.stream)
}

/**
 * One attempt to reach a peer by one endpoint, bounded in time. It takes one authentic datagram by the new
 * link: the answer to a probe where there is a session, or else to a handshake, since the far end may have
 * restarted. With `probesOnly`, for an endpoint that is better than the one in use, it takes three answered
 * probes and starts no handshake, so that the session in use is left alone.
 */
export class Attempt {
  readonly endpoint: URL
  readonly #parts: AttemptParts
  readonly #probesOnly: boolean
  readonly #handlers: AttemptHandlers
  readonly #abort = new AbortController()
  readonly #probes = new Set<number>()
  readonly #limit: Timer
  #link: Link | undefined
  #next: Timer | undefined
  #echoes = 0
  #over = false

  constructor(parts: AttemptParts, endpoint: URL, probesOnly: boolean, handlers: AttemptHandlers) {
    this.endpoint = endpoint
    this.#parts = parts
    this.#probesOnly = probesOnly
    this.#handlers = handlers
    const limit = endpoint.protocol === 'udp:' ? DATAGRAM_LIMIT : STREAM_LIMIT
    this.#limit = parts.clock.schedule(limit, () => this.#fail(this.#silence(limit)))
    parts.dial(endpoint, this.#abort.signal).then(
      (link) => this.#opened(link),
      (thrown) => this.#fail(asError(thrown)),
    )
  }

  /** Something authentic came by `link`. */
  heard(link: Link, echoes: readonly number[]): void {
    if (this.#over || !sameCarrier(this.#link, link)) return
    for (const id of echoes) if (this.#probes.delete(id)) this.#echoes++
    if (!this.#probesOnly || this.#echoes >= ECHOES_TO_RETURN) this.#succeed()
  }

  /** `link` ended. */
  closed(link: Link, error: Error | undefined): void {
    if (link === this.#link) this.#fail(error ?? new Error('the far end closed the connection'))
  }

  /** Gives up silently, and closes what was opened. */
  cancel(): void {
    if (this.#finish()) void this.#link?.close()
  }

  #opened(link: Link): void {
    if (this.#over) {
      void link.close()
      return
    }
    this.#link = link
    this.#handlers.opened?.(link)
    if (this.#parts.sessions === undefined) this.#succeed()
    else this.#prove(this.#parts.sessions, link)
  }

  #prove(sessions: Sessions, link: Link): void {
    const { clock, peer } = this.#parts
    const now = clock.now()
    const id = nextProbeId()
    const probe = this.#probesOnly || this.#probes.size === 0 ? sessions.probe(peer.id, id, now) : undefined
    if (probe !== undefined) {
      this.#probes.add(id)
      link.send([probe])
    } else if (!this.#probesOnly) link.send(sessions.initiate(peer.id, now))
    const interval = probe === undefined ? INITIATION_INTERVAL : PROBE_INTERVAL
    this.#next = clock.schedule(interval, () => this.#prove(sessions, link))
  }

  #succeed(): void {
    if (this.#finish()) this.#handlers.succeeded(this.#link!)
  }

  #fail(error: Error): void {
    if (!this.#finish()) return
    void this.#link?.close()
    this.#handlers.failed(error)
  }

  #finish(): boolean {
    if (this.#over) return false
    this.#over = true
    this.#limit.cancel()
    this.#next?.cancel()
    this.#abort.abort()
    return true
  }

  #silence(limit: number): TransportError {
    const why = this.#link === undefined ? 'not reached' : 'wrong key, wrong port or blocked?'
    const message = `no answer from ${this.endpoint.href} in ${limit / 1000} s: ${why}`
    return new TransportError(message, { code: 'ERR_TRANSPORT_DIAL' })
  }
}

let probeId = 0

/** Ids are unique within a process, so an answer tells which link was probed. 32 bits. */
export function nextProbeId(): number {
  probeId = (probeId + 1) >>> 0
  return probeId
}
