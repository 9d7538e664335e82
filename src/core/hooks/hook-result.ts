import { HEADROOM, MAX_PACKET, type Packet, packetOf, TAILROOM } from '../api/packet.js'
import type { HookOperation, HookResult } from '../api/packet-hook.js'
import { bufferOf, offsetOf } from '../bytes/views.js'
import { ipLayout } from '../ip/ip-packet.js'
import { packetSize } from '../path-mtu/packet-size.js'
import { isUnawaited } from '../time/unawaited.js'

/** Members of a result. */
const MEMBERS = ['packets', 'replies']
const NOTHING: HookResult = {}

/** Packets that a hook may return beyond those that it was lent. */
export const MOST_EXTRA = 256

/** Throws an Error if what a hook returned is not a result at all. */
export function resultOf(returned: unknown): HookResult {
  if (returned === undefined) return NOTHING
  if (typeof returned !== 'object' || returned === null) throw wrong(typeOf(returned))
  if (isUnawaited(returned)) throw wrong('a promise')
  if (Array.isArray(returned)) throw wrong('a list')
  const unknown = Object.keys(returned).find((name) => !MEMBERS.includes(name))
  if (unknown !== undefined) throw wrong(`the member '${unknown}'`)
  if (!MEMBERS.some((name) => name in returned) && !isPlain(returned))
    throw wrong("an object without 'packets' and 'replies'")
  const { packets, replies } = returned as Record<string, unknown>
  if (packets !== undefined && !Array.isArray(packets)) throw wrong(`'packets' of type ${typeOf(packets)}`)
  if (replies !== undefined && !Array.isArray(replies)) throw wrong(`'replies' of type ${typeOf(replies)}`)
  return returned
}

/** What a hook was lent, to be compared with what it returns. */
export class Lent {
  readonly #bytes: readonly Uint8Array[]
  readonly #segmentSizes: readonly number[]
  /** Bytes before and after each packet that are its own. Datagrams that came together lie one right behind the other. */
  readonly #headroom: number
  readonly #tailroom: number
  #places: Map<Uint8Array, number> | undefined
  #buffers: Set<ArrayBufferLike> | undefined

  constructor(packets: readonly Packet[], operation: HookOperation) {
    const roomy = operation === 'outgoing'
    this.#headroom = roomy ? HEADROOM : 0
    this.#tailroom = roomy ? TAILROOM : 0
    this.#bytes = packets.map(({ bytes }) => bytes)
    this.#segmentSizes = packets.map(({ segmentSize }) => segmentSize)
  }

  /**
   * Those of what a hook returned that may go on, in a list of their own. What is as it was lent, but for its content, is
   * not looked at further. What is another view, of lent memory or not, or comes earlier than it lay, is copied: it may lack
   * room, and what comes after a hook writes to the room of each packet in their order.
   *
   * @param tooLarge is called for each that is left out.
   * @throws Error if something is no packet.
   */
  takeBack(returned: readonly unknown[], mtu: number, tooLarge: () => void): Packet[] {
    const most = this.#bytes.length + MOST_EXTRA
    if (returned.length > most) throw wrong(`${returned.length} packets; at most ${most} can go on`)
    const taken: Packet[] = []
    let sources: Set<Uint8Array> | undefined
    let next = 0
    for (const one of returned) {
      const packet = one as Packet
      const bytes = packet?.bytes
      const place = bytes !== undefined && bytes === this.#bytes[next] ? next : this.#placeOf(bytes)
      if (place === undefined || packet.segmentSize !== this.#segmentSizes[place]) {
        checkPacket(one)
        if (place === undefined && this.#reachesBeyond(bytes)) {
          throw wrong('a packet that reaches beyond the memory that it was lent')
        }
        if (packetSize(packet) > mtu) {
          tooLarge()
          continue
        }
      } else if (packet.checksum !== 'partial' && packet.checksum !== 'full') {
        throw wrong(`a packet with the checksum '${packet.checksum}'`)
      }
      if (place === undefined || place < next) {
        sources ??= new Set(taken.map((earlier) => earlier.bytes))
        taken.push(withRoom(packet))
      } else {
        next = place + 1
        taken.push(packet)
      }
      if (sources?.has(bytes)) throw wrong('a packet twice')
      sources?.add(bytes)
    }
    return taken
  }

  /** Whether a view of lent memory is of more than one packet and its room. */
  #reachesBeyond(bytes: Uint8Array): boolean {
    const buffer = bufferOf(bytes)
    this.#buffers ??= new Set(this.#bytes.map(bufferOf))
    if (!this.#buffers.has(buffer)) return false
    const from = offsetOf(bytes)
    const to = from + bytes.length
    let overlaps = false
    for (const lent of this.#bytes) {
      if (bufferOf(lent) !== buffer) continue
      const start = offsetOf(lent)
      const end = start + lent.length
      if (from >= start - this.#headroom && to <= end + this.#tailroom) return false
      if (from < end && to > start) overlaps = true
    }
    return overlaps
  }

  #placeOf(bytes: Uint8Array): number | undefined {
    this.#places ??= new Map(this.#bytes.map((lent, place) => [lent, place]))
    return this.#places.get(bytes)
  }
}

/** Throws an Error that says what a packet lacks. */
export function checkPacket(one: unknown): asserts one is Packet {
  if (typeof one !== 'object' || one === null) throw wrong(`${typeOf(one)} as a packet`)
  const { bytes, checksum, segmentSize } = one as { readonly [Name in keyof Packet]?: unknown }
  if (!(bytes instanceof Uint8Array)) throw wrong(`a packet whose 'bytes' are of type ${typeOf(bytes)}`)
  if (bytes.length > MAX_PACKET) throw wrong(`a packet of ${bytes.length} bytes`)
  if (ipLayout(bytes) === undefined) throw wrong('a packet without a whole IP header')
  if (!Number.isInteger(segmentSize) || (segmentSize as number) < 0) {
    throw wrong(`a packet with the segment size ${String(segmentSize)}`)
  }
  if (checksum !== 'partial' && checksum !== 'full') {
    throw wrong(`a packet with the checksum '${String(checksum)}'`)
  }
}

/** A packet in new memory: what comes after a hook seals packets in their room. */
function withRoom({ bytes, checksum, segmentSize }: Packet): Packet {
  return { ...packetOf(bytes), segmentSize, checksum }
}

/** Whether an object is of no class: `{}` says that all goes on. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : typeof value
}

function wrong(what: string): Error {
  return new Error(`it returned ${what}`)
}
