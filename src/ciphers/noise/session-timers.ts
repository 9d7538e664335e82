import type { Packet } from '../../core/api/packet.js'
import type { Link } from '../../core/api/transport.js'
import type { Context } from './context.js'
import { writeDatagramLimit } from './control/datagram-limit.js'
import type { Handshakes } from './handshakes.js'
import type { NoisePeer } from './peer.js'
import type { Sealer } from './session/sealer.js'
import { readIndex } from './wire/messages.js'
import { REKEY_ATTEMPT, REKEY_ON_RECEIVE_AFTER, STOOD_STILL, UNREAD } from './wire/times.js'

const NEVER = Number.POSITIVE_INFINITY

/** What is to be done for a peer when packets leave, when datagrams came, and when time passed. */
export class SessionTimers {
  readonly #context: Context
  readonly #handshakes: Handshakes
  readonly #sealer: Sealer

  constructor(context: Context, handshakes: Handshakes, sealer: Sealer) {
    this.#context = context
    this.#handshakes = handshakes
    this.#sealer = sealer
  }

  /** Seals packets, or stages them if there is no session; starts a handshake if one is wanted. */
  send(
    peer: NoisePeer,
    packets: readonly Packet[],
    maxDatagram: number,
    now: number,
    out: Uint8Array[],
  ): void {
    const { drops } = this.#context
    if (peer.goodbye.hasLeft) {
      drops.staged += packets.length
      peer.drop('staged', packets.length)
      return
    }
    const { oversized, staged, unsplit } = drops
    const keyPair = peer.keys.sealing(now)
    let dealtWith = 0
    if (keyPair !== undefined) {
      const before = out.length
      dealtWith = this.#sealer.packets(keyPair, packets, peer.capabilities, maxDatagram, now, out)
      if (out.length > before) peer.timers.dataSent(now)
    }
    for (let number = dealtWith; number < packets.length; number++) {
      drops.staged += peer.staged.add(packets[number]!)
    }
    if (drops.oversized > oversized) peer.drop('oversized', drops.oversized - oversized)
    if (drops.staged > staged) peer.drop('staged', drops.staged - staged)
    if (drops.unsplit > unsplit) peer.drop('unsplit', drops.unsplit - unsplit)
    if (keyPair === undefined || dealtWith < packets.length || keyPair.wantsRenewal(now)) {
      this.#initiateOnce(peer, now, out)
    }
  }

  /** Seals a message of this program, for as long as there is a session. */
  message(peer: NoisePeer, message: Uint8Array, now: number, out: Uint8Array[], length = 0): void {
    if (!peer.goodbye.hasLeft) this.probe(peer, message, now, out, length)
  }

  /** The same of a probe, also for a peer that has left: whoever calls that one learns so that nobody is there. */
  probe(peer: NoisePeer, message: Uint8Array, now: number, out: Uint8Array[], length: number): void {
    const keyPair = peer.keys.sealing(now)
    if (keyPair === undefined) return
    out.push(this.#sealer.message(keyPair, message, length))
    peer.timers.sent(now)
  }

  /** Does what follows from a batch of authentic datagrams, which came by `link`; so does what is to be sent. */
  received(peer: NoisePeer, link: Link, now: number, out: Uint8Array[]): void {
    if (peer.inbox.packets.length > 0) peer.timers.dataReceived(now)
    else peer.timers.received(now)
    if (peer.inbox.established) this.#begin(peer, link.maxDatagram, now, out)
    if (link.maxIncoming !== undefined) this.#tellLimit(peer, link, now, out)
    const { current } = peer.keys
    if (current?.initiator && now - current.createdAt >= REKEY_ON_RECEIVE_AFTER && !peer.renewedLate) {
      peer.renewedLate = !this.#handshakes.waitsForTrial(peer, now)
      this.#initiateOnce(peer, now, out)
    }
    if (peer.deadline.at > now) return
    this.#sendRequests(peer, now, out)
    peer.setDeadline()
  }

  /** Does what is due. */
  tick(peer: NoisePeer, now: number, out: Uint8Array[]): void {
    const { keys, timers, trials } = peer
    keys.discardOld(now)
    for (const { id } of trials.expired(now)) this.#handshakes.drop(peer, id)
    if (timers.retryAt <= now - STOOD_STILL) timers.retryAt = now + UNREAD
    else if (timers.retryAt <= now) this.#retry(peer, now, out)
    if (timers.silenceAt <= now - STOOD_STILL) timers.silenceAt = now + UNREAD
    else if (timers.silenceAt <= now) {
      timers.silenceAt = this.#handshakes.waitsForTrial(peer, now) ? trials.heldUntil : NEVER
      this.#initiateOnce(peer, now, out)
    }
    const keyPair = peer.goodbye.hasLeft ? undefined : keys.sealing(now)
    if (timers.keepaliveAt <= now) {
      if (keyPair) out.push(this.#sealer.keepalive(keyPair))
      timers.keepaliveSent(now)
    }
    if (timers.persistentAt <= now) {
      if (keyPair) out.push(this.#sealer.keepalive(keyPair))
      else this.#initiateOnce(peer, now, out)
      timers.sent(now)
    }
    this.#sendRequests(peer, now, out)
    peer.setDeadline()
  }

  /** Goes on by the session of a trial, as `Trials.adopt` of the cipher says. */
  adopt(peer: NoisePeer, id: number, maxDatagram: number, now: number, out: Uint8Array[]): void {
    const trial = this.#handshakes.adopt(peer, id)
    if (trial === undefined) return
    peer.formerUnderstands = peer.capabilities.understandsControl
    this.#begin(peer, maxDatagram, now, out, trial.startedAt)
    // The peer may have got a newer initiation than the trial's, and forgotten the trial's session for that one's.
    if (peer.initiations !== trial.number) peer.timers.initiateSoon()
    this.#sendRequests(peer, now, out)
    peer.setDeadline()
  }

  /** The last message in the session before the one in use; undefined if its far end would not understand. */
  leave(peer: NoisePeer, message: Uint8Array, now: number): Uint8Array | undefined {
    const { previous } = peer.keys
    if (!peer.formerUnderstands || !previous?.seals(now)) return undefined
    return this.#sealer.message(previous, message)
  }

  /** A session began that seals: sends what waited for it. Its initiator sends something in any case, as a proof. */
  #begin(
    peer: NoisePeer,
    maxDatagram: number,
    now: number,
    out: Uint8Array[],
    initiatedAt = peer.initiatedAt,
  ): void {
    const { keys, timers, staged } = peer
    this.#handshakes.abandon(peer)
    this.#context.log.debug('session established', { peer: peer.id })
    peer.attemptingSince = undefined
    peer.renewedLate = false
    timers.established()
    const before = out.length
    if (staged.length > 0) this.send(peer, staged.take(), maxDatagram, now, out)
    const current = keys.current!
    // What the peer answers: this end's initiation, or its response.
    const askedAt = current.initiator ? initiatedAt : current.createdAt
    peer.handshake = { at: now, roundTrip: now - askedAt }
    if (out.length === before && current.initiator) {
      out.push(this.#sealer.keepalive(current))
      timers.sent(now)
    }
    peer.settings.begin()
    peer.toldLimits.forget()
    peer.capabilities.begin(readIndex(this.#context.random(4), 0), now)
  }

  /** Tells the peer how large its datagrams by a link may be, once in a session and when that becomes less. */
  #tellLimit(peer: NoisePeer, link: Link, now: number, out: Uint8Array[]): void {
    const bytes = peer.toldLimits.untold(link)
    if (bytes === undefined || !peer.capabilities.understandsControl) return
    const before = out.length
    this.message(peer, writeDatagramLimit(readIndex(this.#context.random(4), 0), bytes), now, out)
    if (out.length > before) peer.toldLimits.told(link, bytes)
  }

  /** Sends the requests of this program that are due. */
  #sendRequests(peer: NoisePeer, now: number, out: Uint8Array[]): void {
    const { capabilities, settings } = peer
    if (capabilities.nextAt <= now) {
      const question = capabilities.ask(this.#context.takesSuperPackets, now)
      if (question === undefined) settings.forget()
      else this.message(peer, question, now, out)
    }
    if (settings.nextAt > now) return
    const request = settings.due(now)
    if (request !== undefined) this.message(peer, request, now, out)
  }

  #retry(peer: NoisePeer, now: number, out: Uint8Array[]): void {
    const { attemptingSince = now, goodbye, id, staged, timers } = peer
    if (goodbye.hasLeft) {
      this.#handshakes.abandon(peer)
      timers.gaveUp()
      return
    }
    if (now - attemptingSince >= REKEY_ATTEMPT) {
      this.#handshakes.abandon(peer)
      peer.drop('staged', staged.length)
      this.#context.drops.staged += staged.take().length
      peer.attemptingSince = undefined
      timers.gaveUp()
      this.#context.log.warn('no handshake with the peer; trying again when there is something to send', {
        peer: id,
      })
      return
    }
    const initiation = this.#handshakes.initiate(peer, now)
    if (initiation !== undefined) out.push(initiation)
  }

  #initiateOnce(peer: NoisePeer, now: number, out: Uint8Array[]): void {
    const initiation = this.#handshakes.initiateOnce(peer, now)
    if (initiation !== undefined) out.push(initiation)
  }
}
