import { Attempt, nextProbeId, sameCarrier } from './attempt.js'
import { Backoff } from './backoff.js'
import type { Timer } from './clock.js'
import type { ConnectorParts } from './connector-parts.js'
import { QanatError } from './errors.js'
import { Liveness } from './liveness.js'
import type { LinkChooser } from './peers.js'
import { ReturnPlan } from './return-plan.js'
import type { Link } from './transport.js'
import { WakeDetector } from './wake-detector.js'

/** Milliseconds of silence after which an idle carrier is probed: before a NAT or a proxy forgets it. */
const IDLE = 25_000
const IDLE_WEBSOCKET = 15_000

interface Current {
  readonly index: number
  readonly liveness: Liveness
  link: Link
}

/**
 * Keeps a peer reachable by one of its endpoints: tries them in order, falls back to the next when the carrier
 * in use dies, and returns to a better one when that answers again. The session lives through every move.
 */
export class Connector implements LinkChooser {
  readonly #parts: ConnectorParts
  readonly #backoff: Backoff
  readonly #returns = new ReturnPlan()
  readonly #wake: WakeDetector
  #current: Current | undefined
  /** The attempt to have any carrier at all. */
  #attempt: Attempt | undefined
  /** The attempt to return to a better endpoint than the one in use. */
  #betterAttempt: Attempt | undefined
  #timer: Timer | undefined
  #timerDue = Number.POSITIVE_INFINITY
  /** Endpoints that failed since one last worked. */
  #failures = 0
  /** Endpoints whose hosts had no address in the first round. */
  #unknownHosts = 0
  #why = 'start'
  #stopped = false
  #firstRound: { resolve(): void; reject(error: Error): void } | undefined

  constructor(parts: ConnectorParts) {
    this.#parts = parts
    this.#backoff = new Backoff(parts.random)
    this.#wake = new WakeDetector(parts.clock)
  }

  /**
   * Starts connecting, and goes on until it is stopped. Resolves once there is a link, proven or not, or every
   * endpoint was tried.
   *
   * @throws TransportError ERR_HOST_UNKNOWN where no endpoint's host has an address.
   */
  start(): Promise<void> {
    const opened = new Promise<void>((resolve, reject) => {
      this.#firstRound = { resolve, reject }
    })
    this.#try(0)
    return opened
  }

  stop(): void {
    this.#stopped = true
    this.#attempt?.cancel()
    this.#betterAttempt?.cancel()
    this.#timer?.cancel()
    void this.#current?.link.close()
  }

  sent(now: number): void {
    if (this.#current === undefined || this.#parts.sessions === undefined) return
    this.#current.liveness.sent(now)
    this.#wakeAt(this.#current.liveness.due, now)
  }

  heard(link: Link, echoes: readonly number[], now: number): void {
    if (this.#current?.link === link) this.#current.liveness.received(now)
    this.#attempt?.heard(link, echoes)
    this.#betterAttempt?.heard(link, echoes)
  }

  closed(link: Link, error: Error | undefined): void {
    this.#attempt?.closed(link, error)
    this.#betterAttempt?.closed(link, error)
    if (this.#current?.link === link) this.#lost(error?.message ?? 'the far end closed the connection', 0)
  }

  /** A peer that is reached by UDP may move to another address; it does not choose another carrier. */
  follows(link: Link): boolean {
    const { link: used } = this.#current ?? {}
    if (used === undefined || used.stream || !sameCarrier(used, link)) return false
    this.#current!.link = link
    return true
  }

  #try(index: number): void {
    const { endpoints } = this.#parts
    const endpoint = endpoints[index]!
    this.#attempt = new Attempt(this.#parts, endpoint, false, {
      opened: (link) => {
        this.#parts.use(link)
        this.#firstRound?.resolve()
      },
      succeeded: (link) => {
        this.#attempt = undefined
        this.#settle(index, link)
      },
      failed: (error) => {
        this.#attempt = undefined
        this.#failed(index, error)
      },
    })
  }

  /** The next endpoint, or, when all have failed, a pause before the best. */
  #failed(index: number, error: Error): void {
    const { clock, endpoints, log } = this.#parts
    this.#failures++
    const allFailed = this.#failures % endpoints.length === 0
    const pause = allFailed ? this.#backoff.next() : 0
    log.warn('endpoint does not answer', {
      endpoint: redact(endpoints[index]!),
      why: error.message,
      ...(pause > 0 && { retryInMs: Math.round(pause) }),
    })
    if (isUnknownHost(error)) this.#unknownHosts++
    if (allFailed && this.#unknownHosts === endpoints.length) this.#firstRound?.reject(error)
    else if (allFailed) this.#firstRound?.resolve()
    if (this.#stopped) return
    if (!allFailed) this.#try((index + 1) % endpoints.length)
    else this.#timer = clock.schedule(pause, () => this.#try(0))
  }

  #settle(index: number, link: Link): void {
    const { clock, endpoints, log } = this.#parts
    const endpoint = endpoints[index]!
    const now = clock.now()
    log.info('peer is reached', { endpoint: redact(endpoint), remote: link.remote, why: this.#why })
    this.#failures = 0
    this.#backoff.reset()
    const idle = endpoint.protocol.startsWith('ws') ? IDLE_WEBSOCKET : IDLE
    this.#current = { index, link, liveness: new Liveness(idle, now) }
    this.#parts.use(link)
    link.send(this.#parts.keepalive(now))
    this.#returns.settled(index, now)
    this.#timer?.cancel()
    this.#timerDue = Number.POSITIVE_INFINITY
    this.#arm(now)
  }

  /** The carrier in use is dead: goes on with the endpoint that is `step` further. */
  #lost(why: string, step: 0 | 1): void {
    const { link, index } = this.#current!
    const { clock, endpoints, log } = this.#parts
    log.warn('link lost', { remote: link.remote, why })
    this.#why = why
    this.#current = undefined
    this.#timer?.cancel()
    this.#betterAttempt?.cancel()
    this.#betterAttempt = undefined
    this.#returns.lost(index, clock.now())
    void link.close()
    this.#try((index + step) % endpoints.length)
  }

  #arm(now: number): void {
    const { sessions } = this.#parts
    if (this.#current === undefined || sessions === undefined) return
    const returns = this.#betterAttempt === undefined ? this.#returns.due : Number.POSITIVE_INFINITY
    this.#wakeAt(Math.min(this.#current.liveness.due, returns), now)
  }

  #wakeAt(due: number, now: number): void {
    if (due >= this.#timerDue) return
    this.#timer?.cancel()
    this.#timerDue = due
    this.#timer = this.#parts.clock.schedule(Math.max(0, due - now), () => this.#check())
  }

  #check(): void {
    this.#timerDue = Number.POSITIVE_INFINITY
    const now = this.#parts.clock.now()
    const current = this.#current!
    if (this.#wake.slept()) {
      this.#parts.log.info('the host slept', { remote: current.link.remote })
      current.liveness.suspect(now)
    }
    if (!this.#checkLiveness(current, now)) return
    if (now >= this.#returns.due && this.#betterAttempt === undefined) this.#tryBetter(current, now)
    this.#arm(now)
  }

  /** Whether the carrier in use is still held to be alive. */
  #checkLiveness({ link, liveness }: Current, now: number): boolean {
    const { peer, sessions } = this.#parts
    const verdict = liveness.check(now)
    if (verdict === 'dead') {
      this.#lost('no answer', 1)
      return false
    }
    if (verdict === 'probe') {
      const probe = sessions!.probe(peer.id, nextProbeId(), now)
      if (probe === undefined) liveness.cannotProbe()
      else link.send([probe])
    }
    return true
  }

  #tryBetter({ index: used }: Current, now: number): void {
    const index = this.#returns.next(now)
    const endpoint = this.#parts.endpoints[index]!
    const over = () => {
      this.#betterAttempt = undefined
      this.#arm(this.#parts.clock.now())
    }
    this.#betterAttempt = new Attempt(this.#parts, endpoint, true, {
      succeeded: (link) => {
        this.#betterAttempt = undefined
        const { link: old } = this.#current!
        this.#why = `it answers again and comes before ${redact(this.#parts.endpoints[used]!)}`
        this.#settle(index, link)
        this.#returns.returned(index, now)
        void old.close()
      },
      failed: (error) => {
        this.#parts.log.debug('better endpoint does not answer', {
          endpoint: redact(endpoint),
          why: error.message,
        })
        over()
      },
    })
  }
}

function isUnknownHost(error: Error): boolean {
  return error instanceof QanatError && error.code === 'ERR_HOST_UNKNOWN'
}

/** An endpoint for logs: without a name and password. */
function redact(endpoint: URL): string {
  return `${endpoint.protocol}//${endpoint.host}${endpoint.pathname === '/' ? '' : endpoint.pathname}`
}
