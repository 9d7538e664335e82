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
import type { NoisePeer } from './peer.js'
import { KeyPair } from './session/key-pair.js'
import type { DropCause } from './wire/drops.js'
import { COOKIE_BYTES, RECEIVER_AT, RESPONSE_RECEIVER_AT, readIndex, SENDER_AT } from './wire/messages.js'
import { INITIATION_FLOOD_INTERVAL, INITIATION_INTERVAL, REKEY_TIMEOUT } from './wire/times.js'

/** Answers in a row that are ignored before somebody is told. */
const MOST_IGNORED = 2

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
    const { indices, protocol, timestamps, wall } = this.#context
    if (!protocol.ready || now - peer.initiatedAt < INITIATION_INTERVAL) return undefined
    this.abandon(peer)
    if (peer.attemptingSince !== undefined && now - peer.attemptingSince >= REKEY_TIMEOUT) {
      this.#tell('handshake-late', { peer: peer.id }, now)
    }
    const index = indices.unused()
    const exchange = peer.remote.start(index, timestamps.next(wall()))
    if (exchange === undefined) {
      this.#context.drops.lowOrder++
      return undefined
    }
    indices.set(index, { peer, keyPair: undefined })
    peer.attempt = { exchange, index }
    peer.attemptingSince ??= now
    peer.initiatedAt = now
    peer.timers.initiated(now)
    this.#addMacs(exchange.initiation, peer, now)
    const isRetry = peer.attemptingSince < now
    this.#step('initiation sent', peer, { isRetry, isRekey: peer.keys.current !== undefined })
    return exchange.initiation
  }

  /** As `initiate`, but leaves a handshake that is under way the time it needs. */
  initiateOnce(peer: NoisePeer, now: number): Uint8Array | undefined {
    if (now - peer.initiatedAt < REKEY_TIMEOUT) return undefined
    const { next } = peer.keys
    if (next && now - next.createdAt < REKEY_TIMEOUT) return undefined // the peer is about to use its session
    return this.initiate(peer, now)
  }

  /** Forgets the handshake that nothing answered. */
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

  /** Takes the response to an initiation of this end; returns the peer that there is a session with now. */
  finish(response: Uint8Array, link: Link, now: number): NoisePeer | undefined {
    const { indices, protocol } = this.#context
    if (response.length !== protocol.responseLength) return this.#drop('malformed')
    const peer = indices.get(readIndex(response, RESPONSE_RECEIVER_AT))?.peer
    if (peer?.attempt?.index !== readIndex(response, RESPONSE_RECEIVER_AT)) return this.#drop('unknownIndex')
    if (!hasMac1(response, protocol.macs.mac1)) return this.#dropWrongMac1(link, now)
    const { exchange, index } = peer.attempt
    const keys = exchange.finish(response)
    if (typeof keys === 'string') {
      this.#tell('wrong-psk', { peer: peer.id }, now)
      return this.#drop(keys, peer)
    }
    this.abandon(peer)
    peer.keys.started(this.#session(peer, keys, true, index, readIndex(response, SENDER_AT), now))
    this.#step('response taken', peer, { remote: link.remote, ms: now - peer.initiatedAt })
    return peer
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

  #session(
    peer: NoisePeer,
    keys: SessionKeys,
    initiator: boolean,
    localIndex: number,
    remoteIndex: number,
    now: number,
  ): KeyPair {
    const { indices, protocol, useKey } = this.#context
    const { suite, limits } = protocol
    const keyPair = new KeyPair({
      useKey,
      suite,
      limits,
      keys,
      initiator,
      localIndex,
      remoteIndex,
      now,
    })
    indices.set(localIndex, { peer, keyPair })
    return keyPair
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
