import type { Fields } from '../../core/api/logger.js'
import { ThrottledWarnings } from '../../core/api/throttled-warnings.js'
import type { Link } from '../../core/api/transport.js'
import { catalogued } from '../../core/reasons/reason.js'
import type { Context } from './context.js'
import { Admission } from './handshake/admission.js'
import { CookieIssuer } from './handshake/cookies.js'
import { hasMac1, writeMacs } from './handshake/macs.js'
import type { Question, SessionKeys } from './handshake/protocol.js'
import { isLater } from './handshake/tai64n.js'
import { HandshakeTroubles, type TroubleOf } from './handshake/troubles.js'
import type { Attempt, NoisePeer } from './peer.js'
import { KeyPair } from './session/key-pair.js'
import type { Trial } from './session/trial-handshakes.js'
import type { DropCause } from './wire/drops.js'
import { COOKIE_BYTES, RECEIVER_AT, RESPONSE_RECEIVER_AT, readIndex, SENDER_AT } from './wire/messages.js'
import { INITIATION_FLOOD_INTERVAL, INITIATION_INTERVAL, REKEY_TIMEOUT } from './wire/times.js'

/** Answers in a row that are ignored before somebody is told: more than the trials of a peer that returns to this end. */
const MOST_IGNORED = 3

/** Why a handshake comes to nothing, as the catalog has it. */
type HandshakeReason =
  | 'handshake-late'
  | 'wrong-psk'
  | 'peer-unknown'
  | 'clock-behind'
  | 'answer-ignored'
  | 'wrong-key'

/** What to send back for an initiation, and the peer whose it proved to be. */
export interface Reply {
  readonly message: Uint8Array
  readonly peer: NoisePeer | undefined
}

/** What a session is made of. */
type KeyPairOf = readonly [
  keys: SessionKeys,
  initiator: boolean,
  localIndex: number,
  remoteIndex: number,
  now: number,
]

/** What a response came to. */
export interface Finished {
  readonly peer: NoisePeer
  /** The id of the trial that it answers; undefined if there is a session in use now. */
  readonly trial: number | undefined
}

/** Starts handshakes, answers them, and turns those that succeed into sessions. WireGuard's paper, section 5.4. */
export class Handshakes {
  readonly #context: Context
  #cookies!: CookieIssuer
  #admission!: Admission
  readonly troubles = new HandshakeTroubles()
  readonly #warnings: ThrottledWarnings

  constructor(context: Context) {
    this.#context = context
    this.#warnings = new ThrottledWarnings(context.log)
    this.ownKeyChanged()
  }

  /** The protocol has another key: cookies of the one before prove nothing any more. */
  ownKeyChanged(): void {
    const { protocol, random } = this.#context
    this.#cookies = new CookieIssuer(protocol.macs.cookie, random)
    this.#admission = new Admission(this.#cookies)
  }

  /** The initiation of a new handshake, which takes the place of one that nothing answered; undefined too soon after the last. */
  initiate(peer: NoisePeer, now: number): Uint8Array | undefined {
    if (!this.#mayInitiate(peer, now)) return undefined
    this.abandon(peer)
    peer.attempt = this.#start(peer, now)
    if (peer.attempt === undefined) return undefined
    this.#noteInitiation(peer, now)
    return peer.attempt.exchange.initiation
  }

  /** The initiation of a trial, as `Trials.begin` of the cipher says. */
  try(peer: NoisePeer, id: number, beside: boolean, now: number): Uint8Array | undefined {
    const { trials } = peer
    if (!this.#mayInitiate(peer, now) || trials.isFull) return undefined
    if (beside && isRenewing(peer, now)) return undefined
    // Its answer would come to nothing: a responder forgets the session that nobody used for the one of a newer initiation.
    if (!beside) this.abandon(peer)
    const started = this.#start(peer, now)
    if (started === undefined) return undefined
    trials.begin({ ...started, id, beside, startedAt: now, number: peer.initiations, keyPair: undefined })
    if (beside) this.#step('trial sent', peer, {})
    else this.#noteInitiation(peer, now)
    return started.exchange.initiation
  }

  /** Forgets a trial. */
  drop({ trials }: NoisePeer, id: number): void {
    const trial = trials.take(id)
    if (trial === undefined) return
    this.#context.indices.delete(trial.index)
    trial.exchange.erase()
    trial.keyPair?.erase()
  }

  /** Has the session of a trial that was answered be the one in use; returns the trial, if it was there. */
  adopt(peer: NoisePeer, id: number): Trial | undefined {
    const trial = peer.trials.find(id)
    if (trial?.keyPair === undefined) return undefined
    peer.trials.take(id)
    this.#context.indices.set(trial.index, { peer, keyPair: trial.keyPair })
    peer.keys.started(trial.keyPair)
    return trial
  }

  /**
   * As `initiate`, but leaves a handshake that is under way the time it needs, and a trial beside a session as well. A peer that
   * began the session and said goodbye is not called back.
   */
  initiateOnce(peer: NoisePeer, now: number): Uint8Array | undefined {
    if (peer.goodbye.hasLeft) return undefined
    if (now - peer.initiatedAt < REKEY_TIMEOUT || this.waitsForTrial(peer, now)) return undefined
    const { next } = peer.keys
    if (next && now - next.createdAt < REKEY_TIMEOUT) return undefined // the peer is about to use its session
    return this.initiate(peer, now)
  }

  /** Whether the session in use is renewed only after a trial beside it: the peer knows one new session at a time. */
  waitsForTrial({ keys, trials }: NoisePeer, now: number): boolean {
    return now < trials.heldUntil && keys.sealing(now) !== undefined
  }

  /** Forgets all handshakes that are not over. */
  abandonAll(peer: NoisePeer): void {
    this.abandon(peer)
    for (const { id } of peer.trials) this.drop(peer, id)
  }

  /** Forgets the handshake that nothing answered, but no trial. */
  abandon(peer: NoisePeer): void {
    if (peer.attempt === undefined) return
    this.#context.indices.delete(peer.attempt.index)
    peer.attempt.exchange.erase()
    peer.attempt = undefined
  }

  /** What to answer to an initiation: a response, a cookie, or nothing. */
  answer(initiation: Uint8Array, link: Link, now: number): Reply | undefined {
    const { protocol } = this.#context
    if (initiation.length !== protocol.initiationLength) return this.#drop('malformed')
    if (!protocol.ready) return this.#drop('wrongMac1')
    if (!hasMac1(initiation, protocol.macs.mac1)) return this.#dropWrongMac1(link, now)
    const verdict = this.#admission.judge(initiation, link, now)
    if (verdict === 'unauthenticated') {
      this.#drop('unauthenticated')
      const message = this.#cookies.reply(initiation, readIndex(initiation, SENDER_AT), link.source, now)
      return { message, peer: undefined }
    }
    if (verdict === 'limited') return this.#drop('limited')
    const question = protocol.read(initiation)
    if (typeof question === 'string') return this.#drop(question)
    const reply = this.#answerQuestion(question, link, now)
    if (reply === undefined) question.handshake.erase()
    return reply
  }

  /** Takes the response to an initiation of this end. */
  finish(response: Uint8Array, link: Link, now: number): Finished | undefined {
    const { indices, protocol } = this.#context
    if (response.length !== protocol.responseLength) return this.#drop('malformed')
    const index = readIndex(response, RESPONSE_RECEIVER_AT)
    const peer = indices.get(index)?.peer
    const trial = peer?.trials.waitingFor(index)
    const asked = trial ?? (peer?.attempt?.index === index ? peer.attempt : undefined)
    if (peer === undefined || asked === undefined) return this.#drop('unknownIndex')
    if (!hasMac1(response, protocol.macs.mac1)) return this.#dropWrongMac1(link, now)
    const { exchange } = asked
    const keys = exchange.finish(response)
    if (typeof keys === 'string') {
      this.#tell('wrong-psk', { peer: peer.id }, now)
      return this.#drop(keys, peer)
    }
    const sender = readIndex(response, SENDER_AT)
    if (trial !== undefined) {
      exchange.erase()
      peer.goodbye.takenBack()
      peer.trials.answered(trial, this.#keyPair(keys, true, index, sender, now))
      this.#step('trial answered', peer, { remote: link.remote, ms: now - trial.startedAt })
      return { peer, trial: trial.id }
    }
    this.abandon(peer)
    peer.keys.started(this.#session(peer, keys, true, index, sender, now))
    this.#step('response taken', peer, { remote: link.remote, ms: now - peer.initiatedAt })
    return { peer, trial: undefined }
  }

  /** Takes a cookie, for the next initiation. */
  takeCookie(reply: Uint8Array, now: number): void {
    const jar = this.#context.indices.get(readIndex(reply, RECEIVER_AT))?.peer.jar
    if (reply.length !== COOKIE_BYTES) this.#drop('malformed')
    else if (jar === undefined) this.#drop('unknownIndex')
    else if (!jar.accept(reply, now)) this.#drop('authFailed')
  }

  #answerQuestion(question: Question, link: Link, now: number): Reply | undefined {
    const { indices, peers } = this.#context
    const peer = peers.get(question.peer)
    if (peer === undefined) {
      this.#tell('peer-unknown', { peer: question.peer, remote: link.remote }, now)
      return this.#drop('unknownPeer')
    }
    if (now - peer.answeredAt < INITIATION_FLOOD_INTERVAL) return this.#drop('limited', peer)
    if (peer.latestTimestamp && !isLater(question.timestamp, peer.latestTimestamp)) {
      this.#tell('clock-behind', { peer: peer.id, remote: link.remote }, now)
      return this.#drop('stale', peer)
    }
    const index = indices.unused()
    const answer = peer.remote.answer(question, index)
    if (answer === undefined) return this.#drop('lowOrder', peer)
    peer.latestTimestamp = question.timestamp
    peer.answeredAt = now
    this.troubles.succeeded(link.remote)
    this.#noteIgnored(peer, link, now)
    peer.keys.answered(this.#session(peer, answer.keys, false, index, question.sender, now))
    peer.timers.received(now)
    peer.timers.sent(now)
    this.#addMacs(answer.response, peer, now)
    this.#step('initiation answered', peer, { remote: link.remote })
    return { message: answer.response, peer }
  }

  /** A peer that asks again did not take the answer. One may be lost; more of them are a sign. */
  #noteIgnored(peer: NoisePeer, { remote }: Link, now: number): void {
    peer.ignoredAnswers = peer.keys.next === undefined ? 0 : peer.ignoredAnswers + 1
    if (peer.ignoredAnswers < MOST_IGNORED) return
    this.#tell('answer-ignored', { peer: peer.id, remote }, now)
  }

  #mayInitiate(peer: NoisePeer, now: number): boolean {
    return this.#context.protocol.ready && now - peer.lastInitiationAt >= INITIATION_INTERVAL
  }

  #start(peer: NoisePeer, now: number): Attempt | undefined {
    const { drops, indices, timestamps, wall } = this.#context
    const index = indices.unused()
    const exchange = peer.remote.start(index, timestamps.next(wall()))
    if (exchange === undefined) {
      drops.lowOrder++
      return undefined
    }
    indices.set(index, { peer, keyPair: undefined })
    peer.lastInitiationAt = now
    peer.initiations++
    this.#addMacs(exchange.initiation, peer, now)
    return { exchange, index }
  }

  /** An initiation is being sent that others follow if nothing answers. */
  #noteInitiation(peer: NoisePeer, now: number): void {
    if (peer.attemptingSince !== undefined && now - peer.attemptingSince >= REKEY_TIMEOUT) {
      this.#tell('handshake-late', { peer: peer.id }, now)
    }
    peer.attemptingSince ??= now
    peer.initiatedAt = now
    peer.timers.initiated(now)
    const isRetry = peer.attemptingSince < now
    this.#step('initiation sent', peer, { isRetry, isRekey: peer.keys.current !== undefined })
  }

  /** A key pair whose datagrams are opened from now on. */
  #session(peer: NoisePeer, ...of: KeyPairOf): KeyPair {
    const keyPair = this.#keyPair(...of)
    this.#context.indices.set(keyPair.localIndex, { peer, keyPair })
    return keyPair
  }

  #keyPair(...[keys, initiator, localIndex, remoteIndex, now]: KeyPairOf): KeyPair {
    const { protocol, useKey } = this.#context
    const { suite, limits } = protocol
    return new KeyPair({ useKey, suite, limits, keys, initiator, localIndex, remoteIndex, now })
  }

  #addMacs(message: Uint8Array, peer: NoisePeer, now: number): void {
    peer.jar.sent(writeMacs(message, peer.remote.macs.mac1, peer.jar.cookie(now)))
  }

  #dropWrongMac1(link: Link, now: number): undefined {
    this.#tell('wrong-key', { remote: link.remote }, now)
    return this.#drop('wrongMac1')
  }

  #step(what: string, { id }: NoisePeer, facts: Fields): void {
    this.#context.log.debug(what, { peer: id, step: 'handshake', ...facts })
  }

  /** Warns of what keeps a handshake from coming to something, and keeps it for status. */
  #tell(code: HandshakeReason, of: TroubleOf, now: number): void {
    const { remedy, text } = catalogued(code)
    this.#warnings.give(text, { ...of, code, remedy }, now)
    this.troubles.note(code, of, now)
  }

  #drop(cause: DropCause, peer?: NoisePeer): undefined {
    this.#context.drops[cause]++
    peer?.drop(cause)
    return undefined
  }
}

/** Whether the session in use is being renewed by this end, or was and the peer is not known to know of it. */
function isRenewing({ attempt, keys: { current } }: NoisePeer, now: number): boolean {
  if (attempt !== undefined) return true
  return current?.initiator === true && current.greatest < 0 && now - current.createdAt < REKEY_TIMEOUT
}
