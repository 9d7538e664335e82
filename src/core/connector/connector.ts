import { nextProbeId } from '../api/probe-id.js'
import { redact } from '../api/redact.js'
import type { Link } from '../api/transport.js'
import type { LinkChooser } from '../peers/peers.js'
import { catalogued, failure } from '../reasons/reason.js'
import { Alarm } from '../time/alarm.js'
import { WakeDetector } from '../time/wake-detector.js'
import { sameCarrier } from './attempt.js'
import type { ConnectorParts } from './connector-parts.js'
import type { Current } from './current.js'
import { EndpointRotation, type HurryCause } from './endpoint-rotation.js'
import { LeftLink } from './former/left-link.js'
import { RetiredLink } from './former/retired-link.js'
import { Liveness } from './liveness.js'
import { LinkAges } from './pace/link-ages.js'
import { AGED, NARROWED, Renewal, type RenewalCause } from './renewal.js'
import { Return } from './return.js'

/** Milliseconds of silence after which an idle carrier is probed: before a NAT or a proxy forgets it. */
const IDLE_PROBE = 25_000
/**
 * Milliseconds. A link that closes sooner is followed by a pause, since a server that accepts and closes at once, as a
 * proxy without its server does, would be called without end.
 */
const FLEETING = 1_000

/** Why a peer is not reached by a link that is open, if its cipher proves nothing. */
const UNPROVEN = 'the link is open, and nothing came by it yet'

/**
 * Keeps a peer reachable by one of its endpoints: searches them in order, falls back to the next when the
 * carrier in use dies, and returns to a better one when that answers again. The session lives through every move.
 */
export class Connector implements LinkChooser {
  readonly #parts: ConnectorParts
  readonly #rotation: EndpointRotation
  readonly #return: Return
  readonly #ages = new LinkAges()
  readonly #wake: WakeDetector
  /** Rings when the carrier in use is to be checked or a better one tried. */
  readonly #alarm: Alarm
  #current: Current | undefined
  /** What opens a new link to the endpoint in use, for a cause of the one in use. */
  #renewal: Renewal | undefined
  /** The link that was in use until another one replaced it before it is cut. */
  #retired: RetiredLink | undefined
  /** The link to a process of the peer's that another one took over from. */
  #left: LeftLink | undefined
  /** Where a peer that has endpoints, too, was heard while none of ours answers: better than nothing. */
  #adopted: Link | undefined
  /** Why the next link is chosen, if there is more to it than that its endpoint answers. */
  #why: string | undefined
  /** Whether the peer was reached before. */
  #wasReached = false

  constructor(parts: ConnectorParts) {
    this.#parts = { ...parts, dial: (endpoint, wait) => this.#dial(parts, endpoint, wait) }
    this.#wake = new WakeDetector(parts.clock)
    this.#alarm = new Alarm(parts.clock, () => parts.run(() => this.#check()))
    this.#rotation = new EndpointRotation(this.#parts, {
      opened: (link) => parts.use(this.#adopted ?? link),
      found: (index, link, trial) => this.#settle(index, link, trial),
    })
    this.#return = new Return(this.#parts, {
      admits: (index) => !this.#rotation.isLeftAlone(index) && !this.#renewal?.isUnderWay,
      succeeded: (index, link, trial) => this.#returned(index, link, trial),
      failed: (index, reason) => this.#rotation.fails(index, reason),
      over: () => this.#arm(parts.clock.now()),
    })
  }

  /**
   * Starts connecting, and goes on until it is stopped. Resolves once there is a link, proven or not, every
   * endpoint was tried, or it was stopped.
   *
   * @throws QanatError if no endpoint can ever be dialled.
   */
  start(): Promise<void> {
    return this.#rotation.start()
  }

  /** Resolves once all open links are closed. It does nothing any more. */
  async stop(): Promise<void> {
    const current = this.#current
    this.#current = undefined
    this.#alarm.cancel()
    await Promise.all([
      this.#rotation.stop(),
      this.#return.end(),
      this.#renewal?.cancel(),
      this.#retired?.close(),
      this.#left?.close(),
      current?.dialled.close(),
    ])
  }

  get endpoint(): URL | undefined {
    return this.#current && this.#parts.endpoints[this.#current.index]
  }

  /** Where its endpoints are: names, or addresses. */
  get hosts(): ReadonlySet<string> {
    return new Set(this.#parts.endpoints.map(({ hostname }) => hostname))
  }

  get cutAfter(): number | undefined {
    return this.#current && this.#ages.of(this.#current.index)
  }

  nextAttempt(endpoint: URL): number | undefined {
    const index = this.#parts.endpoints.indexOf(endpoint)
    if (index < 0) return undefined // it is one of a configuration before
    if (this.#current === undefined) return this.#rotation.nextAttempt(index)
    return index < this.#current.index ? (this.#rotation.nextAttempt(index) ?? this.#return.due) : undefined
  }

  /** Something is another now that endpoints may have failed by: they are tried at once. */
  hurry(cause: HurryCause): void {
    this.#rotation.hurry(cause)
  }

  sent(now: number): void {
    if (this.#current === undefined || this.#parts.sessions === undefined) return
    const { liveness } = this.#current
    if (liveness.sent(now)) this.#alarm.set(liveness.due, now)
  }

  onAuthenticated(link: Link, probeReplies: readonly number[], now: number): void {
    if (this.#current?.link === link) {
      this.#current.liveness.received(now)
      if (!this.#current.proven) {
        this.#rotation.resetBackoff()
        if (this.#parts.sessions === undefined) this.#parts.peer.reachedBy(link, this.#current.why, now)
      }
      this.#current.proven = true
      this.#left?.leave()
    }
    this.#rotation.onAuthenticated(link, probeReplies)
    this.#return.onAuthenticated(link, probeReplies)
    this.#renewal?.onAuthenticated(link, probeReplies)
  }

  closed(link: Link, error: Error | undefined): void {
    if (this.#adopted === link) {
      this.#adopted = undefined
      if (this.#current === undefined) this.#parts.peer.lost(reasonOf(error), this.#parts.clock.now())
    }
    this.#rotation.closed(link, error)
    this.#return.closed(link, error)
    this.#renewal?.closed(link, error)
    if (this.#left?.link === link) void this.#left.close()
    if (this.#retired?.link === link) this.#retiredEnded(this.#retired)
    if (this.#current?.dialled === link) {
      this.#learn(this.#current.index, link)
      this.#ended(reasonOf(error))
    }
  }

  /**
   * A peer that is reached by UDP may move to another address; it does not choose another carrier. One that
   * calls while it is not reached is answered where it is.
   */
  follows(link: Link): boolean {
    const current = this.#current
    // Answers move nobody, nor does what the far end sends there since it was asked from there.
    if (this.#return.has(link) || this.#left?.link === link) return false
    if (current === undefined) this.#adopted = link
    else if (sameCarrier(current.link, link)) current.link = link
    else return false
    return true
  }

  renews(link: Link): boolean {
    const current = this.#current
    if (current?.dialled !== link) return false
    this.#renewal ??= this.#renew(current, NARROWED)
    return true
  }

  async #dial({ clock, dial }: ConnectorParts, ...asked: Parameters<ConnectorParts['dial']>): Promise<Link> {
    const link = await dial(...asked)
    this.#ages.opened(link, clock.now())
    return link
  }

  #settle(index: number, link: Link, trial: number | undefined): void {
    const { clock, endpoints, keepalive, log, peer, sessions, traits, use } = this.#parts
    const endpoint = endpoints[index]!
    const now = clock.now()
    const why = this.#why ?? this.#whyChosen(index)
    this.#why = undefined
    this.#wasReached = true
    const { idleProbe = IDLE_PROBE } = traits(endpoint)
    const liveness = new Liveness(Math.min(idleProbe, this.#parts.idleProbe ?? idleProbe), now)
    const current: Current = { index, since: now, liveness, dialled: link, link, proven: false, why }
    this.#current = current
    this.#adopted = undefined
    if (trial !== undefined) {
      link.send(sessions!.trials!.adopt(peer.id, trial, link.maxDatagram, now))
      if (this.#current !== current) return // the link ended by it
    }
    use(link)
    this.#return.settled(index, now)
    if (sessions === undefined) {
      // Nothing proves that anybody is there until something comes.
      peer.isNotReached(UNPROVEN)
      log.info('peer is reached', { endpoint: redact(endpoint), remote: link.remote, why })
      return
    }
    this.#reached(current, now)
    this.#rotation.resetBackoff()
    this.#alarm.cancel()
    this.#arm(now)
    if (trial === undefined) link.send(keepalive(now))
  }

  #whyChosen(index: number): string {
    if (index > 0) return 'those before it do not answer'
    return this.#wasReached ? 'it answers again' : 'it comes first'
  }

  #reached({ index, link, why }: Current, now: number): void {
    const { endpoints, log, peer } = this.#parts
    const told = { endpoint: redact(endpoints[index]!), remote: link.remote, why }
    if (why === AGED.why) log.debug('peer is reached', told)
    else log.info('peer is reached', told)
    peer.reachedBy(link, why, now)
  }

  /** The carrier in use closed: the same endpoint again, at once if it lasted, or as it is dialled already. */
  #ended(why: string): void {
    const { index, since } = this.#current!
    const dialling = this.#renewal?.isUnderWay ? this.#renewal : undefined
    if (dialling !== undefined) this.#renewal = undefined // it outlives the link
    this.#lose(why)
    this.#renewal = dialling
    if (dialling !== undefined) this.#parts.use(dialling.link)
    else if (this.#parts.clock.now() - since < FLEETING) this.#rotation.later(index)
    else this.#rotation.from(index)
    this.#parts.told?.({ kind: 'lost', isSilent: false })
  }

  #lose(why: string): void {
    const { dialled, index, link } = this.#current!
    const { clock, log, peer, use } = this.#parts
    log.warn('link lost', { remote: link.remote, why })
    this.#current = undefined
    peer.lost(why, clock.now())
    this.#alarm.cancel()
    this.#return.lost(index, clock.now())
    this.#endRenewal()
    use(undefined)
    void dialled.close()
  }

  #arm(now: number): void {
    if (this.#current === undefined) return
    const { dialled, index, liveness } = this.#current
    this.#alarm.set(liveness.due, now)
    if (this.#renewal === undefined) this.#alarm.set(this.#ages.renewalAt(index, dialled), now)
    if (!this.#return.isOn) this.#alarm.set(this.#return.due, now)
  }

  #check(): void {
    const now = this.#parts.clock.now()
    const current = this.#current!
    if (this.#wake.slept()) {
      this.#parts.log.info('the host was suspended', { remote: current.link.remote })
      current.liveness.suspect(now)
    }
    this.#checkLiveness(current, now)
    if (this.#current !== current) return
    if (now >= this.#ages.renewalAt(current.index, current.dialled)) this.#renewAged(current, now)
    if (now >= this.#return.due && !this.#return.isOn) this.#return.try(now)
    this.#arm(now)
  }

  #checkLiveness({ index, link, liveness }: Current, now: number): void {
    const { endpoints, peer, sessions } = this.#parts
    const verdict = liveness.check(now)
    if (verdict === 'dead') {
      this.#lose(catalogued('link-silent').text)
      this.#rotation.from((index + 1) % endpoints.length)
      this.#parts.told?.({ kind: 'lost', isSilent: true })
    } else if (verdict === 'probe') {
      const id = nextProbeId()
      const probe = sessions!.probe(peer.id, id, now)
      if (probe === undefined) liveness.cannotProbe()
      else {
        peer.roundTrip.asked(id, now)
        link.send([probe])
      }
    }
  }

  /** A link ended that this end did not close: perhaps since it was of an age. */
  #learn(index: number, link: Link): void {
    const { clock, endpoints, log, sessions } = this.#parts
    if (sessions === undefined) return // nothing would prove the next one
    if (!this.#ages.cut(index, link, clock.now())) return
    const afterMs = Math.round(this.#ages.of(index)!)
    log.info('links are cut at an age: renewed before', { endpoint: redact(endpoints[index]!), afterMs })
  }

  #retire(index: number, link: Link): void {
    void this.#retired?.close()
    const { clock, run } = this.#parts
    const until = this.#ages.disprovedAt(index, link)
    this.#retired = new RetiredLink({ link, index, until, clock, run, outlived: () => this.#outlived(index) })
  }

  /** It was cut as expected. What the far end sent by it last may have taken the peer back to it: it is shown the way. */
  #retiredEnded(retired: RetiredLink): void {
    const { clock, keepalive } = this.#parts
    void retired.close()
    this.#retired = undefined
    this.#learn(retired.index, retired.link)
    this.#current?.link.send(keepalive(clock.now()))
  }

  /** A link to the endpoint `index`, retired or in use, was not cut at the age. */
  #outlived(index: number): void {
    const { endpoints, log } = this.#parts
    void this.#retired?.close()
    this.#retired = undefined
    this.#ages.forget(index)
    log.info('links are no longer cut at an age', { endpoint: redact(endpoints[index]!) })
  }

  /** Replaces a link that is about to be cut, unless it outlived that age itself, since no other one could be had. */
  #renewAged(current: Current, now: number): void {
    const { dialled, index } = current
    if (now < this.#ages.disprovedAt(index, dialled)) this.#renewal ??= this.#renew(current, AGED)
    else this.#outlived(index)
  }

  #renew({ index, dialled: old }: Current, cause: RenewalCause): Renewal {
    const isOfAge = cause === AGED
    const isCausedStill = () => (isOfAge ? this.#ages.of(index) !== undefined : old.hasNarrowed?.() === true)
    if (isOfAge) void this.#return.end()
    return new Renewal(this.#parts, this.#parts.endpoints[index]!, cause, {
      isWanted: () => this.#current?.dialled === old && isCausedStill(),
      opened: (link) => {
        if (this.#current === undefined) this.#parts.use(this.#adopted ?? link)
      },
      succeeded: (link, trial) => {
        const isReplaced = isOfAge && this.#current?.dialled === old && isCausedStill()
        const wasLost = this.#current === undefined
        this.#renewal = undefined
        this.#why = isOfAge && !isReplaced ? undefined : cause.why
        this.#settle(index, link, trial)
        if (isReplaced) this.#retire(index, old)
        else void old.close()
        if (wasLost) this.#parts.told?.({ kind: 'found' })
      },
      over: () => {
        this.#renewal = undefined
        if (this.#current === undefined) this.#rotation.from(index)
      },
    })
  }

  #endRenewal(): void {
    void this.#renewal?.cancel()
    this.#renewal = undefined
  }

  /** The endpoint `index`, which comes before the one in use, is the one in use now. */
  #returned(index: number, link: Link, trial: number | undefined): void {
    const { endpoints } = this.#parts
    this.#rotation.answered(index)
    const { dialled: old, index: used } = this.#current!
    this.#endRenewal()
    this.#why = `it answers again and comes before ${redact(endpoints[used]!)}`
    this.#settle(index, link, trial)
    if (trial !== undefined && this.#current?.dialled === link) this.#leave(old)
    else void old.close()
  }

  /** Another process of the peer's has the session in use now than the one that `link` leads to. */
  #leave(link: Link): void {
    void this.#left?.close()
    const { clock, peer, run, sessions } = this.#parts
    const goodbye = sessions!.trials!.leave(peer.id, clock.now())
    this.#left = new LeftLink({ link, goodbye, clock, run })
  }
}

function reasonOf(error: Error | undefined): string {
  return (error ?? failure('link-closed')).message
}
