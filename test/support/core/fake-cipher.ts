import type { Cipher, Due, Opened, OpenResult, PeerId } from '../../../src/core/api/cipher.js'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { Link } from '../../../src/core/api/transport.js'

/** What a datagram of a fake cipher says about itself, in its second byte. */
export const MOVES = 1
export const ECHO = 2
export const REPLY = 4
export const NO_PACKET = 8

/** The datagram of a packet from a peer, whose id is one letter. An echo's id is the packet's last byte. */
export function datagramOf(peer: PeerId, flags: number, packet: Uint8Array): Uint8Array {
  return Uint8Array.of(peer.charCodeAt(0), flags, ...packet)
}

/**
 * A cipher that hides nothing and means what it says about lending: each call spoils what the one before it
 * returned.
 */
export class FakeCipher implements Cipher {
  readonly overhead = 2
  authenticates = true
  readonly drops = {}
  nextTick = Number.POSITIVE_INFINITY
  /** What `tick` returns next. */
  due: Due[] = []
  /** The names of the calls so far, and the peers of `seal`. */
  readonly calls: string[] = []
  /** The MTUs that it was told of. */
  readonly resized: number[] = []
  /** Called at the start of each call; may throw. */
  onCall: (name: string) => void = () => {}
  #lent: { length: number; fill?: unknown }[] = []

  resize(mtu: number): void {
    this.resized.push(mtu)
  }

  seal(peer: PeerId, packets: readonly Packet[], maxDatagram: number): readonly Uint8Array[] {
    this.#start(`seal ${peer}`)
    const sealed = packets.map(({ bytes }) => datagramOf(peer, 0, bytes))
    return this.#lend(sealed.filter(({ length }) => length <= maxDatagram))
  }

  open(_link: Link, datagrams: readonly Uint8Array[]): OpenResult {
    this.#start('open')
    const opened: Opened[] = []
    const replies: Uint8Array[] = []
    for (const [peer, ...rest] of datagrams.map((datagram) => [...datagram])) {
      const [flags, ...content] = rest as [number, ...number[]]
      opened.push({
        peer: String.fromCharCode(peer!),
        packets: this.#lend(flags & NO_PACKET ? [] : [packetOf(Uint8Array.from(content))]),
        roams: (flags & MOVES) !== 0,
        probeReplies: this.#lend(flags & ECHO ? [content.at(-1)!] : []),
      })
      if (flags & REPLY) replies.push(Uint8Array.of(0xaa, content.at(-1)!))
    }
    return { opened: this.#lend(opened), replies: this.#lend(replies) }
  }

  tick(): readonly Due[] {
    this.#start('tick')
    this.nextTick = Number.POSITIVE_INFINITY
    return this.#lend(this.due)
  }

  close(): void {
    this.#start('close')
  }

  #start(name: string): void {
    this.calls.push(name)
    for (const lent of this.#lent) lent.length = 0
    this.#lent = []
    this.onCall(name)
  }

  #lend<Item>(items: Item[]): Item[] {
    this.#lent.push(items)
    return items
  }
}
