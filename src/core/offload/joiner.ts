import { HEADROOM, MAX_PACKET, type Packet, TAILROOM } from '../api/packet.js'
import type { Joiner } from '../api/trains.js'
import { emptyList } from '../bytes/clear-list.js'
import { RecurringViews } from '../bytes/recurring-views.js'
import { offsetOf } from '../bytes/views.js'
import { type WholeMemory, wholeMemory } from '../bytes/whole-memory.js'
import type { CoalescerOptions } from './coalescer.js'
import { FlowHead, mayStart } from './flow-head.js'
import { Headers, parse, UDP } from './ip.js'
import { type Allocate, LINE, slotBytes } from './memory.js'

/** Bytes of a batch's packets with the room around them: eight messages of the kernel's, in datagrams of some 100 bytes. */
const JOINER_BYTES = 2 ** 20

/** Bytes. Packets with longer headers are not followed: what a header is opened over is kept by words, and given back. */
const MAX_HEADER = 128
const WORD = 4

/** Makes a joiner that works in memory it takes from `allocate` once, 1 MiB, of which it touches as much as it needs. */
export function createJoiner(allocate: Allocate, options: CoalescerOptions): Joiner {
  return new ArenaJoiner(allocate(JOINER_BYTES), options.udp)
}

/**
 * Follows one flow at a time. A text that may continue it is opened so that its payload lies behind the flow's, its headers over the
 * end of that, which is kept and given back. So a packet that continues it is whole at once; any other one is moved away.
 */
class ArenaJoiner implements Joiner {
  readonly memory: Uint8Array
  readonly #whole: WholeMemory
  readonly #udp: boolean
  readonly #first: number
  readonly #end: number
  readonly #headers = new Headers()
  readonly #head = new FlowHead()
  readonly #kept = new Int32Array(MAX_HEADER / WORD)
  readonly #lent = emptyList<Packet>()
  readonly #views = new RecurringViews()
  #count = 0
  /** Where room begins that nothing lies in yet. */
  #free = 0
  /** Where the text at hand is. */
  #at = 0
  #follows = false
  /** Of the flow: its first packet, which becomes the super-packet, its number, and where it begins. */
  #packet: Packet | undefined
  #number = 0
  #start = 0

  constructor(memory: Uint8Array, udp: boolean) {
    this.#whole = wholeMemory(memory)
    this.memory = this.#whole.bytes
    this.#udp = udp
    this.#first = (offsetOf(memory) + LINE - 1) & -LINE
    this.#end = offsetOf(memory) + memory.length
  }

  begin(): void {
    this.#follows = false
    this.#count = 0
    this.#free = this.#first
  }

  place(length: number): number {
    if (length > MAX_PACKET) return -1
    if (this.#follows) {
      const behind = this.#start + this.#head.length
      // There has to be room to move it to. The first one is looked at before anything is opened over its end.
      if (behind + 2 * slotBytes(length) <= this.#end && this.#head.isIntact()) {
        this.#at = behind - this.#head.headers.payload
        this.#keep()
        return this.#at
      }
      this.end()
    }
    if (this.#free + slotBytes(length) > this.#end) return -1
    this.#at = this.#free + HEADROOM
    return this.#at
  }

  leave(): void {
    if (this.#follows) this.#giveBack()
  }

  take(length: number, checksum: Packet['checksum'], packets: Packet[]): void {
    const head = this.#head
    let at = this.#at
    if (this.#follows) {
      const isNext = head.continues(this.#whole, at, length, checksum)
      const goesOn = isNext && head.add(this.#whole, at, length)
      const own = ((this.#start + head.length + TAILROOM + LINE - 1) & -LINE) + HEADROOM
      if (!isNext) this.memory.copyWithin(own, at, at + length)
      this.#giveBack()
      if (!goesOn) this.end()
      if (isNext) return
      at = own
    }
    this.#add(at, length, checksum, packets)
  }

  end(): void {
    if (!this.#follows) return
    this.#follows = false
    const head = this.#head
    const end = this.#start + head.length
    this.#free = (end + TAILROOM + LINE - 1) & -LINE
    if (head.segments === 1) return
    const packet = this.#packet!
    packet.bytes = this.#views.part(this.#number, this.memory, this.#start, end)
    packet.segmentSize = head.segmentSize
    packet.checksum = 'partial'
    head.finish(packet.bytes)
  }

  /** Adds a packet that continues nothing, and follows its flow if it may. */
  #add(at: number, length: number, checksum: Packet['checksum'], packets: Packet[]): void {
    const number = this.#count++
    const packet = this.#lend(number)
    packet.bytes = this.#views.part(number, this.memory, at, at + length)
    packet.segmentSize = 0
    packet.checksum = checksum
    packets.push(packet)
    this.#free = (at + length + TAILROOM + LINE - 1) & -LINE
    if (!this.#mayStart(at, length)) return
    this.#follows = true
    this.#packet = packet
    this.#number = number
    this.#start = at
    this.#head.begin(this.#whole, at, length, checksum, this.#headers)
  }

  #mayStart(at: number, length: number): boolean {
    const headers = this.#headers
    if (!parse(this.memory, headers, at, length)) return false
    if (headers.protocol === UDP && !this.#udp) return false
    // The headers of the next one must not be opened over its own.
    if (headers.payload > MAX_HEADER || length < 2 * headers.payload) return false
    return mayStart(this.#whole, headers, at, length)
  }

  #lend(number: number): Packet {
    let packet = this.#lent[number]
    if (packet === undefined) {
      packet = { bytes: this.memory, segmentSize: 0, checksum: 'full' }
      this.#lent.push(packet)
    }
    return packet
  }

  /** Keeps what the headers of the text at hand are opened over, and gives it back. Headers are made of whole words. */
  #keep(): void {
    const kept = this.#kept
    const { view } = this.#whole
    const words = this.#head.headers.payload / WORD
    for (let word = 0; word < words; word++) kept[word] = view.getInt32(this.#at + WORD * word, true)
  }

  #giveBack(): void {
    const kept = this.#kept
    const { view } = this.#whole
    const words = this.#head.headers.payload / WORD
    for (let word = 0; word < words; word++) view.setInt32(this.#at + WORD * word, kept[word]!, true)
  }
}
