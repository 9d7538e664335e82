import type { Packet } from '../../core/api/packet.js'
import type { Joiner } from '../../core/api/trains.js'
import { emptyList } from '../../core/bytes/clear-list.js'
import { RecurringViews } from '../../core/bytes/recurring-views.js'
import { part } from '../../core/bytes/views.js'
import type { Context } from './context.js'
import { answerCapabilities } from './control/capabilities.js'
import { CONTROL_TYPES, type ControlItem, readControl, writeEcho } from './control/control.js'
import { readSettings } from './control/control-settings.js'
import { readDatagramLimit } from './control/datagram-limit.js'
import type { NoisePeer } from './peer.js'
import type { KeyPair } from './session/key-pair.js'
import { type FrameKind, isPlain, PARTIAL_BIT, packetLength, readFrame } from './wire/frames.js'
import {
  DATA_HEADER,
  isMessage,
  MESSAGE_TYPES,
  RECEIVER_AT,
  readCounter,
  readIndex,
} from './wire/messages.js'

const EMPTY = new Uint8Array(0)

/** Takes a message for a peer, to be sealed and sent back. */
type Answer = (peer: NoisePeer, message: Uint8Array, now: number) => void

/** Opens data and sorts what is inside. */
export class Opener {
  readonly #context: Context
  /** Bytes that a datagram has beyond its text. */
  readonly #envelope: number
  /** Packets that are lent to the caller, and used again for the next batch. */
  readonly #pool = emptyList<Packet>()
  readonly #views = new RecurringViews()
  #lent = 0
  /** Whose packets the joiner has at hand. */
  #joined: NoisePeer | undefined

  constructor(context: Context) {
    this.#context = context
    this.#envelope = DATA_HEADER + context.protocol.suite.aead.tagBytes
  }

  /** Takes back all packets. */
  reset(): void {
    this.#lent = 0
    this.#joined = undefined
  }

  /**
   * Opens a datagram where it lies and puts its packet into its peer's inbox.
   *
   * @returns the peer, if the datagram was authentic.
   */
  open(datagram: Uint8Array, now: number, answer: Answer): NoisePeer | undefined {
    const { drops, indices } = this.#context
    if (datagram.length < this.#envelope) {
      drops.malformed++
      return undefined
    }
    const entry = indices.get(readIndex(datagram, RECEIVER_AT))
    if (entry?.keyPair === undefined) {
      drops.unknownIndex++
      return undefined
    }
    const { peer, keyPair } = entry
    const cause = keyPair.open(datagram, now)
    if (cause !== undefined) {
      drops[cause]++
      peer.drop(cause)
      return undefined
    }
    return this.#sort(peer, keyPair, datagram, now, answer)
  }

  /**
   * Opens the datagram of `length` bytes at `at` of the joiner's memory by way of the joiner.
   *
   * @returns the peer, if it was authentic; false if it was dropped and counted; undefined if `open` has to look at it.
   */
  openInto(
    at: number,
    length: number,
    joiner: Joiner,
    now: number,
    answer: Answer,
  ): NoisePeer | false | undefined {
    const { memory } = joiner
    const { drops, indices } = this.#context
    if (length < this.#envelope || !isMessage(memory, MESSAGE_TYPES.data, at)) return undefined
    const entry = indices.get(readIndex(memory, at + RECEIVER_AT))
    if (entry?.keyPair === undefined) return undefined
    const { peer, keyPair } = entry
    if (peer !== this.#joined) joiner.end()
    this.#joined = peer
    const text = length - this.#envelope
    const to = joiner.place(text)
    if (to < 0) return undefined
    const cause = keyPair.open(memory, now, at, length, to)
    if (cause !== undefined) {
      joiner.leave()
      drops[cause]++
      peer.drop(cause)
      return false
    }
    const first = memory[to]!
    if (text === 0 || !isPlain(first)) {
      memory.copyWithin(at + DATA_HEADER, to, to + text)
      joiner.leave()
      joiner.end()
      return this.#sort(peer, keyPair, part(memory, at, at + length), now, answer)
    }
    const { inbox, keys, remote } = peer
    if (keys.used(keyPair, remote, now)) inbox.established = true
    memory[to] = first & ~PARTIAL_BIT
    const whole = packetLength(memory, to, text)
    if (whole === 0) {
      joiner.leave()
      drops.malformed++
    } else joiner.take(whole, first & PARTIAL_BIT ? 'partial' : 'full', inbox.packets)
    if (keyPair === keys.current && keyPair.openedNewest) inbox.roams = true
    return peer
  }

  /** Puts what a datagram held into its peer's inbox, or deals with it. Returns the peer. */
  #sort(peer: NoisePeer, keyPair: KeyPair, datagram: Uint8Array, now: number, answer: Answer): NoisePeer {
    const { drops } = this.#context
    const { inbox, keys, remote } = peer
    if (keys.used(keyPair, remote, now)) inbox.established = true
    const isNewest = keyPair === keys.current && keyPair.openedNewest
    const packet = this.#lend()
    const length = datagram.length - this.#envelope
    let kind = readFrame(datagram, DATA_HEADER, length, packet, this.#views, this.#lent)
    if (kind === 'fragment') kind = this.#assemble(peer, datagram, length, packet)
    if (kind === 'packet') {
      inbox.packets.push(packet)
      this.#lent++
    } else if (kind === 'control') {
      const text = datagram.subarray(DATA_HEADER, DATA_HEADER + length)
      if (this.#control(peer, keyPair, text, now, answer)) return peer
    } else if (kind === 'malformed') drops.malformed++
    if (isNewest) inbox.roams = true
    return peer
  }

  /** Deals with a message of the peer; returns whether it was a probe, its echo, a goodbye or about its link, which move nobody. */
  #control(peer: NoisePeer, keyPair: KeyPair, text: Uint8Array, now: number, answer: Answer): boolean {
    const message = readControl(text)
    if (message === undefined) {
      this.#context.drops.malformed++
      return false
    }
    const { id, type, items } = message
    switch (type) {
      case CONTROL_TYPES.probe:
        answer(peer, writeEcho(id), now)
        return true
      case CONTROL_TYPES.echo:
        // Only the response proves a trial, whose id the peer can guess.
        if (peer.trials.find(id) === undefined) peer.inbox.probeReplies.push(id)
        return true
      case CONTROL_TYPES.capabilitiesRequest:
        this.#understood(peer, items, now)
        answer(peer, answerCapabilities(id, this.#context.takesSuperPackets), now)
        return false
      case CONTROL_TYPES.capabilitiesResponse:
        this.#understood(peer, items, now)
        return false
      case CONTROL_TYPES.settingsRequest:
        answer(peer, peer.settings.answer(id), now)
        return false
      case CONTROL_TYPES.settingsResponse:
        this.#settings(peer, id, items)
        return false
      case CONTROL_TYPES.settingsNews:
        peer.settings.told(id, now)
        return false
      case CONTROL_TYPES.goodbye:
        peer.goodbye.said(keyPair)
        return true
      case CONTROL_TYPES.datagramLimit:
        this.#limit(peer, items)
        return true
      default:
        return false
    }
  }

  #understood(peer: NoisePeer, items: readonly ControlItem[], now: number): void {
    peer.capabilities.told(items)
    peer.settings.understood(now)
  }

  #settings(peer: NoisePeer, id: number, items: readonly ControlItem[]): void {
    const settings = readSettings(items)
    if (settings === undefined) this.#context.drops.malformed++
    else if (peer.settings.answers(id)) peer.inbox.settings = settings
  }

  #limit(peer: NoisePeer, items: readonly ControlItem[]): void {
    const bytes = readDatagramLimit(items)
    if (bytes === undefined) this.#context.drops.malformed++
    else peer.inbox.maxDatagram = bytes
  }

  #lend(): Packet {
    let packet = this.#pool[this.#lent]
    if (packet === undefined) {
      packet = { bytes: EMPTY, segmentSize: 0, checksum: 'full' }
      this.#pool.push(packet)
    }
    return packet
  }

  /** Takes a fragment, and reads its packet once that is whole; until then it is as good as a keepalive. */
  #assemble(peer: NoisePeer, datagram: Uint8Array, length: number, packet: Packet): FrameKind {
    const fragment = datagram.subarray(DATA_HEADER, DATA_HEADER + length)
    const whole = peer.assembler.take(fragment, readIndex(datagram, RECEIVER_AT), readCounter(datagram))
    if (whole === undefined) return 'keepalive'
    const kind = readFrame(whole, 0, whole.length, packet, this.#views, this.#lent)
    return kind === 'packet' ? 'packet' : 'malformed'
  }
}
