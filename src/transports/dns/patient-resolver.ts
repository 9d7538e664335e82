import { isIP } from 'node:net'
import { dialledHost } from '../../core/ip/bare-host.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { type Resolved, unanswered } from '../net/resolve.js'

/** Milliseconds that a look-up has by itself at first. */
export const HEAD_START = 1_000
/** Milliseconds for another way beside it. */
export const PATIENCE = 1_000
/** Milliseconds that addresses are kept which came too late: longer than any pause between attempts. */
const KEPT_FOR = 60_000

/** What a patient resolver is made of. */
export interface PatientResolverParts {
  readonly clock: Clock
  /** Looks a name up; may take half a minute. Rejects as `Resolve` does. */
  readonly lookUp: (endpoint: URL) => Promise<Resolved[]>
  /** Asks in another way, once, while that takes its time; empty if it brings no address. */
  readonly ask?: (host: string) => Promise<Resolved[]>
}

/** A look-up that is under way, or whose addresses nobody took yet. */
interface LookUp {
  readonly addresses: Promise<Resolved[]>
  waiting: number
  /** When the addresses are too old; Infinity while they are looked up. */
  until: number
}

/**
 * Looks names up for those who try again and again. A look-up takes long if no name server answers, and cannot be called
 * off: the C library's asks for up to half a minute, each 5 s, and Node does it for two names at a time. So there is one
 * look-up a name, which all wait for, though not for long, and while it takes its time, another way may be tried as
 * well: a name is known soon after its server is back, and whatever becomes of other names.
 */
export class PatientResolver {
  readonly #parts: PatientResolverParts
  /** By name. Nobody but the configuration names hosts. */
  readonly #underWay = new Map<string, LookUp>()

  constructor(parts: PatientResolverParts) {
    this.#parts = parts
  }

  /** As `Resolve`; tells within 2 s that no name server answers. */
  readonly resolve = async (endpoint: URL): Promise<Resolved[]> => {
    const { ask, clock, lookUp: lookUpName } = this.#parts
    const host = dialledHost(endpoint)
    if (isIP(host) !== 0) return lookUpName(endpoint)
    const known = this.#knownAt(clock.now(), host)
    const lookUp = known ?? this.#begin(host, endpoint)
    lookUp.waiting++
    return new Promise((resolve, reject) => {
      let timer: Timer | undefined
      let isOver = false
      const settle = (outcome: () => void) => {
        if (isOver) return
        isOver = true
        lookUp.waiting--
        timer?.cancel()
        outcome()
      }
      const found = (addresses: Resolved[]) => settle(() => resolve(addresses))
      lookUp.addresses.then(
        (addresses) => {
          if (!isOver) this.#forget(host, lookUp)
          found(addresses)
        },
        (error) => settle(() => reject(error)),
      )
      timer = clock.schedule(known === undefined ? HEAD_START : 0, () => {
        timer = clock.schedule(PATIENCE, () => settle(() => reject(unanswered(host))))
        ask?.(host).then(
          (addresses) => addresses.length > 0 && found(addresses),
          () => {},
        )
      })
    })
  }

  #knownAt(now: number, host: string): LookUp | undefined {
    const lookUp = this.#underWay.get(host)
    return lookUp !== undefined && now < lookUp.until ? lookUp : undefined
  }

  #begin(host: string, endpoint: URL): LookUp {
    const lookUp: LookUp = {
      addresses: this.#parts.lookUp(endpoint),
      waiting: 0,
      until: Number.POSITIVE_INFINITY,
    }
    this.#underWay.set(host, lookUp)
    // Addresses that come while nobody waits are kept for whoever asks next, a failure is not.
    lookUp.addresses.then(
      () => {
        if (lookUp.waiting > 0) this.#forget(host, lookUp)
        else lookUp.until = this.#parts.clock.now() + KEPT_FOR
      },
      () => this.#forget(host, lookUp),
    )
    return lookUp
  }

  #forget(host: string, lookUp: LookUp): void {
    if (this.#underWay.get(host) === lookUp) this.#underWay.delete(host)
  }
}
