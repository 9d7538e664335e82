import { hasRoom, type Packet } from '../../../core/api/packet.js'
import type { SegmentSource, Train } from '../../../core/api/trains.js'
import { RecurringViews } from '../../../core/bytes/recurring-views.js'
import { zero } from '../../../core/bytes/views.js'
import type { Capabilities } from '../control/capabilities.js'
import type { Drops } from '../wire/drops.js'
import { PARTIAL_BIT, SUPER_HEADER, writeSuperHeader } from '../wire/frames.js'
import { DATA_HEADER } from '../wire/messages.js'
import type { KeyPair } from './key-pair.js'
import { Scratch } from './scratch.js'
import { FRAGMENT_HEADER, MAX_FRAGMENTS, writeFragmentHeader } from './tunnel-fragments.js'

const EMPTY = new Uint8Array(0)

/** Makes datagrams of packets, where they lie if there is room, and of messages. */
export class Sealer {
  /** At most this many bytes are added to a packet. */
  readonly overhead: number
  /** Bytes that a datagram has beyond its text. */
  readonly envelope: number
  /** Bytes. Padding makes no packet longer than this. */
  mtu: number
  readonly #tagBytes: number
  readonly #block: number
  /** What lay behind a segment before it was padded. */
  readonly #kept: Uint8Array
  readonly #drops: Drops
  readonly #scratch = new Scratch()
  readonly #datagrams = new RecurringViews()
  readonly #trains = new RecurringViews()

  /**
   * @param tagBytes bytes of the tag that ends a datagram.
   * @param block packets are padded to a multiple of this many bytes, a power of two,
   * @param mtu but not beyond this many.
   */
  constructor(tagBytes: number, block: number, mtu: number, drops: Drops) {
    this.#block = block
    this.#kept = new Uint8Array(block)
    this.mtu = mtu
    this.#drops = drops
    this.#tagBytes = tagBytes
    this.envelope = DATA_HEADER + tagBytes
    this.overhead = this.envelope + Math.max(block - 1, SUPER_HEADER)
  }

  /** Takes back the memory of all datagrams made so far. */
  reset(): void {
    this.#scratch.reset()
  }

  /**
   * Seals packets and appends the datagrams to `out`. Those that would make a datagram of more than `maxDatagram`
   * bytes are fragmented if the peer takes fragments. What it does not understand is dropped and counted.
   *
   * @returns how many packets were dealt with: fewer than all where the key pair is used up.
   */
  packets(
    keyPair: KeyPair,
    packets: readonly Packet[],
    { takesFragments, takesSuperPackets }: Pick<Capabilities, 'takesFragments' | 'takesSuperPackets'>,
    maxDatagram: number,
    now: number,
    out: Uint8Array[],
  ): number {
    const drops = this.#drops
    for (let number = 0; number < packets.length; number++) {
      if (!keyPair.seals(now)) return number
      const packet = packets[number]!
      const { bytes, segmentSize } = packet
      const partial = packet.checksum === 'partial'
      const front = segmentSize > 0 ? SUPER_HEADER : 0
      const text = front + bytes.length
      if (!takesSuperPackets && (partial || front > 0)) drops.unsplit++
      else if (this.envelope + text > maxDatagram) {
        if (front > 0 || !takesFragments || !this.#fragments(keyPair, packet, maxDatagram, now, out)) {
          drops.oversized++
        }
      } else {
        const padding = front > 0 ? 0 : this.#padding(text, maxDatagram)
        const [from, to] = [-front - DATA_HEADER, bytes.length + padding + this.#tagBytes]
        const datagram =
          this.#datagrams.known(number, bytes, from, to) ??
          this.#datagrams.part(number, hasRoom(bytes) ? bytes : this.#copy(bytes), from, to)
        if (front > 0) writeSuperHeader(datagram, DATA_HEADER, packet)
        else if (partial) datagram[DATA_HEADER]! |= PARTIAL_BIT
        zero(datagram, DATA_HEADER + text, DATA_HEADER + text + padding)
        keyPair.seal(datagram, text + padding)
        out.push(datagram)
      }
    }
    return packets.length
  }

  /**
   * Seals segments as they are made, one datagram behind the other in the room that they come with.
   *
   * @returns undefined if not all can be sealed so; then none was made.
   */
  segments(
    keyPair: KeyPair,
    source: SegmentSource,
    { takesSuperPackets }: Pick<Capabilities, 'takesSuperPackets'>,
    maxDatagram: number,
    now: number,
  ): Train | undefined {
    const { checksum, count, lastSize, memory, room, size } = source
    const partial = checksum === 'partial'
    if (partial && !takesSuperPackets) return undefined
    if (this.envelope + size > maxDatagram || !keyPair.seals(now, count)) return undefined
    const padding = this.#padding(size, maxDatagram)
    const lastPadding = this.#padding(lastSize, maxDatagram)
    const whole = this.envelope + size + padding
    let to = room
    for (let index = 1; index < count; index++) {
      this.#segment(keyPair, memory, source.next(), size, padding, partial, to)
      to += whole
    }
    this.#segment(keyPair, memory, source.next(), lastSize, lastPadding, partial, to)
    const end = to + this.envelope + lastSize + lastPadding
    return { bytes: this.#trains.part(0, memory, room, end), size: whole }
  }

  /** The datagram of a message, with zeros behind it until it has `length` bytes. The caller asked `seals`. */
  message(keyPair: KeyPair, message: Uint8Array, length = 0): Uint8Array {
    const text = Math.max(message.length, length - this.envelope)
    const datagram = this.#scratch.take(this.envelope + text)
    datagram.set(message, DATA_HEADER)
    datagram.fill(0, DATA_HEADER + message.length, DATA_HEADER + text)
    keyPair.seal(datagram, text)
    return datagram
  }

  /** A datagram with nothing inside. */
  keepalive(keyPair: KeyPair): Uint8Array {
    return this.message(keyPair, EMPTY)
  }

  /** Seals a packet in as few fragments as can be, all but the last of one length. False if that cannot be done. */
  #fragments(keyPair: KeyPair, packet: Packet, maxDatagram: number, now: number, out: Uint8Array[]): boolean {
    const { bytes, checksum } = packet
    const count = Math.ceil(bytes.length / (maxDatagram - this.envelope - FRAGMENT_HEADER))
    if (!(count > 0 && count <= MAX_FRAGMENTS)) return false
    const size = Math.ceil(bytes.length / count)
    if (checksum === 'partial') bytes[0]! |= PARTIAL_BIT
    for (let index = 0; index < count && keyPair.seals(now); index++) {
      const fragment = bytes.subarray(index * size, (index + 1) * size)
      const text = FRAGMENT_HEADER + fragment.length
      const datagram = this.#scratch.take(this.envelope + text)
      writeFragmentHeader(datagram, DATA_HEADER, index, count - 1)
      datagram.set(fragment, DATA_HEADER + FRAGMENT_HEADER)
      keyPair.seal(datagram, text)
      out.push(datagram)
    }
    return true
  }

  /** Seals a segment into the memory at `to`. What its padding takes of the next one's payload is given back. */
  #segment(
    keyPair: KeyPair,
    memory: Uint8Array,
    at: number,
    size: number,
    padding: number,
    partial: boolean,
    to: number,
  ): void {
    const kept = this.#kept
    if (partial) memory[at]! |= PARTIAL_BIT
    const end = at + size
    for (let byte = 0; byte < padding; byte++) kept[byte] = memory[end + byte]!
    zero(memory, end, end + padding)
    keyPair.sealInto(memory, at, size + padding, to)
    for (let byte = 0; byte < padding; byte++) memory[end + byte] = kept[byte]!
  }

  #padding(length: number, maxDatagram: number): number {
    const whole = -length & (this.#block - 1)
    return Math.max(0, Math.min(whole, this.mtu - length, maxDatagram - this.envelope - length))
  }

  #copy(bytes: Uint8Array): Uint8Array {
    const copy = this.#scratch.take(bytes.length)
    copy.set(bytes)
    return copy
  }
}
