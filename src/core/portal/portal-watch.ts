import { asError, TransportError } from '../api/errors.js'
import type { Logger } from '../api/logger.js'
import { redact, redactedUrl } from '../api/redact.js'
import type { Peer } from '../peers/peers.js'
import {
  codeOf,
  Failure,
  factsOf,
  type PortalReason,
  pageOf,
  reason,
  type ToldReason,
  toldReason,
} from '../reasons/reason.js'
import type { Clock, Timer } from '../time/clock.js'

/** Milliseconds between questions of the probe, while dials fail. */
const PROBE_PAUSE = 10_000
/** Milliseconds for which a peer that was reached makes a certificate of somebody else's suspicious. */
const REACHED_LATELY = 3_600_000
/** How codes of reasons begin that tell of a login page. */
const OF_PORTALS = 'portal-'
/** Why certificates are refused that may be somebody else's. */
const STRANGE: ReadonlySet<string> = new Set([
  'certificate-self-signed',
  'certificate-untrusted',
  'certificate-name',
  'certificate-pin',
])

/** What is known of the way to a peer. */
type Way = Pick<Peer, 'remote' | 'since'>

/** A login page that is in the way of all dials. */
export interface Portal {
  /** In the time of the clock. */
  readonly since: number
  readonly reason: ToldReason
  /** Host and port that were asked when it answered. */
  readonly host: string
  /** Its URL of `http:` or `https:` in ASCII, without user and password, as whoever answered gave it. */
  readonly page: string | undefined
}

/** What a login page was seen by. */
interface Sign extends Omit<Portal, 'since'> {
  readonly hostname: string
  /** Whether the probe passed before, so that its next answer proves nothing of this one. */
  readonly outlastsProbe: boolean
}

/** What a URL that others answer in a known way tells: that it is reached, a login page, or nothing if it cannot be asked. */
export type ProbeAnswer = 'passes' | PortalReason | undefined

/** A URL that is asked whether a login page is in the way. */
export interface Probe {
  readonly url: URL
  ask(signal: AbortSignal): Promise<ProbeAnswer>
}

/** What watching for login pages depends on. */
export interface PortalWatchParts {
  readonly clock: Pick<Clock, 'now' | 'schedule'>
  readonly log: Logger
  /** The peers that have an endpoint at a host. */
  readonly peersAt: (hostname: string) => readonly Way[]
  /** Whether any peer is reached that was dialled, so that the network lets this host pass. */
  readonly isReached: () => boolean
  /** The probe that the configuration has; undefined if it has none. */
  readonly probe: () => Probe | undefined
  /** The login page is gone: dials that wait are to be tried. */
  readonly passes: () => void
}

/**
 * Whether a login page of the network is in the way, as the answers show to dials and to a probe that is asked while dials fail. It
 * is gone once each endpoint that told of it fails by something else, the probe passes, a peer answers, or the network changes.
 */
export class PortalWatch {
  readonly #parts: PortalWatchParts
  /** By endpoint, or by the probe's URL, what was seen there last, if that was a login page. As many as the configuration has. */
  readonly #signs = new Map<string, Sign>()
  #since = 0
  /** When this end was configured: what was reached before was another peer, as far as anybody knows. */
  #configured: number
  /** Aborted when the answer of the probe counts no more. */
  #asking: AbortController | undefined
  #next: Timer | undefined
  /** When the probe was asked last. */
  #asked = Number.NEGATIVE_INFINITY
  /** Whether the probe passed since the network changed. */
  #hasPassed = false

  constructor(parts: PortalWatchParts) {
    this.#parts = parts
    this.#configured = parts.clock.now()
  }

  /** The one that is in the way; undefined if none is. */
  get portal(): Portal | undefined {
    const [sign] = this.#signs.values()
    return sign && { since: this.#since, reason: sign.reason, host: sign.host, page: sign.page }
  }

  /**
   * An error of a dial, or what it is more likely: somebody else's certificate shortly after the peer, or another one at that host,
   * was reached is a login page's, and so is one at a host where a login page was seen.
   */
  judged(peer: Way, endpoint: URL, thrown: unknown): unknown {
    const code = codeOf(thrown)
    const suspicion = STRANGE.has(code) ? this.#suspicion(peer, endpoint) : undefined
    if (suspicion === undefined) return thrown
    const below = asError(thrown).cause
    // The sentence about a self-signed certificate says how to trust it.
    const isKnown = code !== 'certificate-self-signed' && below instanceof Failure
    const seen = isKnown ? below.message : 'its certificate is signed by itself'
    const { text } = reason('portal-certificate', { why: `${seen}, and ${suspicion}` })
    return new TransportError(`Cannot dial ${redact(endpoint)}: ${text}`, {
      ...{ code: 'ERR_TRANSPORT_DIAL', reason: 'portal-certificate', cause: thrown },
    })
  }

  /** Nothing came of dialling an endpoint. */
  failed(endpoint: URL, error: Error, reason: ToldReason): void {
    if (this.#parts.isReached()) return
    if (reason.code.startsWith(OF_PORTALS)) this.#sees(endpoint, { reason, page: pageOf(error) })
    else this.#forget((_, place) => place === endpoint.href, reason.text)
    this.#ask()
  }

  /** Whatever was in the way is not, or it has to be found out anew. Idempotent. */
  end(why: string): void {
    this.stop()
    this.#asked = Number.NEGATIVE_INFINITY
    this.#hasPassed = false
    this.#forget(() => true, why)
  }

  /** The same, and nothing that was reached before is known any more. */
  reconfigured(): void {
    this.#configured = this.#parts.clock.now()
    this.end('the configuration changed')
  }

  /** The probe is not asked any more. */
  stop(): void {
    this.#asking?.abort()
    this.#asking = undefined
    this.#next?.cancel()
    this.#next = undefined
  }

  /** Why somebody else's certificate may be a login page's; undefined if nothing speaks for that. */
  #suspicion(peer: Way, { hostname }: URL): string | undefined {
    const there = this.#parts.peersAt(hostname)
    const isFree = [peer, ...there].some(({ remote }) => remote !== undefined)
    if (!isFree && this.#wasReachedLately(peer)) return 'the peer was reached before'
    if (!isFree && there.some((way) => this.#wasReachedLately(way)))
      return 'another peer was reached there before'
    const isSeen = [...this.#signs.values()].some((sign) => sign.hostname === hostname)
    return isSeen ? 'a login page answered there' : undefined
  }

  #wasReachedLately({ since }: Way): boolean {
    if (since === undefined || since <= this.#configured) return false
    return this.#parts.clock.now() - since < REACHED_LATELY
  }

  #sees({ host, hostname, href }: URL, seen: Pick<Sign, 'reason' | 'page'>): void {
    const isFirst = this.#signs.size === 0
    this.#signs.set(href, { ...seen, host, hostname, outlastsProbe: this.#hasPassed })
    if (!isFirst) return
    const { clock, log } = this.#parts
    this.#since = clock.now()
    // The query of its address may be what this host is known by.
    const there = seen.page === undefined ? {} : { page: redactedUrl(new URL(seen.page)) }
    log.warn('a login page is in the way', { asked: host, ...there, ...factsOf(seen.reason) })
  }

  /** Forgets those signs, and tells so if none is left. Returns whether there were any of them. */
  #forget(isGone: (sign: Sign, place: string) => boolean, why: string): boolean {
    const gone = [...this.#signs].filter(([place, sign]) => isGone(sign, place))
    for (const [place] of gone) this.#signs.delete(place)
    if (gone.length === 0) return false
    if (this.#signs.size === 0) this.#parts.log.info('no login page is in the way any more', { why })
    return true
  }

  /** Asks the probe, if there is one, unless it was just asked: again and again while a login page is in the way. */
  #ask(): void {
    const { clock, probe } = this.#parts
    const one = probe()
    if (one === undefined || this.#asking !== undefined || this.#next !== undefined) return
    if (clock.now() - this.#asked < PROBE_PAUSE) return
    this.#asked = clock.now()
    const asking = new AbortController()
    this.#asking = asking
    const told = (answer: ProbeAnswer) => {
      if (!asking.signal.aborted) this.#answered(one.url, answer)
    }
    one.ask(asking.signal).then(told, () => told(undefined))
  }

  #answered(url: URL, answer: ProbeAnswer): void {
    this.#asking = undefined
    const { clock, isReached, log, passes } = this.#parts
    log.debug('portal probe', {
      url: redact(url),
      answer: typeof answer === 'string' ? answer : answer?.text,
    })
    if (isReached()) return
    if (answer === 'passes') {
      this.#hasPassed = true
      if (this.#forget(({ outlastsProbe }) => !outlastsProbe, 'the probe passes')) passes()
    } else if (answer === undefined)
      this.#forget((_, place) => place === url.href, 'the probe is not answered')
    else this.#sees(url, { reason: toldReason(new Failure(answer), ''), page: answer.page })
    if (this.#signs.size === 0) return
    this.#next = clock.schedule(PROBE_PAUSE, () => {
      this.#next = undefined
      this.#ask()
    })
  }
}
