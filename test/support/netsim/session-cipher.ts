import type { Cipher, Due, OpenResult, PeerId, Sessions } from '../../../src/core/api/cipher.js'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { Link } from '../../../src/core/api/transport.js'

/** Kinds of datagrams: their first byte. A session's number and a counter follow in those that belong to one. */
const INITIATION = 1
const RESPONSE = 2
const DATA = 3
const PROBE = 4
const ECHO = 5
const HEADER = 9

/** Milliseconds between initiations that nobody asked for, as WireGuard's Rekey-Timeout. */
const RETRY = 5_000
/** Milliseconds between any two initiations. */
const SHORTEST_RETRY = 25
const MAX_STAGED = 8
const NEVER = Number.POSITIVE_INFINITY

let lastSession = 0

/**
 * A cipher with sessions, handshakes and probes that hides and proves nothing: for tests of what chooses links.
 * Its one peer is `far`.
 */
export class SessionCipher implements Cipher {
  readonly overhead = HEADER
  readonly authenticates = true
  readonly drops = { sessionless: 0 }
  /** Whether it answers and sends probes; a WireGuard program does not. */
  probes = true
  /** Handshakes completed so far. */
  handshakes = 0
  nextTick = NEVER
  readonly sessions: Sessions
  /** The session's number; 0: none. */
  #session = 0
  #counter = 0
  #highest = -1
  #initiated = Number.NEGATIVE_INFINITY
  #staged: Uint8Array[] = []

  constructor() {
    this.sessions = {
      envelope: HEADER + 4,
      initiate: (_peer, now) => this.#initiate(now, SHORTEST_RETRY),
      probe: (_peer, id, _now, length = 0) =>
        this.#session === 0 || !this.probes
          ? undefined
          : this.#sealed(PROBE, id, new Uint8Array(Math.max(0, length - HEADER - 4))),
      live: () => this.#session !== 0,
      takesSuperPackets: () => false,
    }
  }

  /** Loses the session, as a program that is restarted. */
  restart(): void {
    this.#session = 0
    this.#staged = []
    this.nextTick = NEVER
  }

  seal(_peer: PeerId, packets: readonly Packet[], _maxDatagram: number, now: number): Uint8Array[] {
    if (this.#session !== 0) return packets.map(({ bytes }) => this.#sealed(DATA, 0, bytes))
    for (const { bytes } of packets) {
      if (bytes.length > 0 && this.#staged.length < MAX_STAGED) this.#staged.push(Uint8Array.from(bytes))
    }
    return this.#initiate(now, RETRY)
  }

  open(_link: Link, datagrams: readonly Uint8Array[]): OpenResult {
    const packets: Packet[] = []
    const probeReplies: number[] = []
    const replies: Uint8Array[] = []
    let [received, roams] = [false, false]
    for (const datagram of datagrams) {
      const [kind, session, counter] = [datagram[0], read(datagram, 1), read(datagram, 5)]
      if (kind === INITIATION) {
        this.#establish(++lastSession)
        replies.push(this.#sealed(RESPONSE, 0))
        continue
      }
      if (kind === RESPONSE) {
        this.#establish(session)
        for (const bytes of this.#staged.splice(0)) replies.push(this.#sealed(DATA, 0, bytes))
      } else if (session !== this.#session) {
        this.drops.sessionless++
        continue
      }
      received = true
      const id = read(datagram, HEADER)
      if (kind === PROBE && this.probes) replies.push(this.#sealed(ECHO, id))
      else if (kind === ECHO) probeReplies.push(id)
      else if (kind === DATA || kind === RESPONSE) {
        roams ||= counter > this.#highest
        if (kind === DATA && datagram.length > HEADER + 4) {
          packets.push(packetOf(datagram.subarray(HEADER + 4)))
        }
      }
      this.#highest = Math.max(this.#highest, counter)
    }
    return { opened: received ? [{ peer: 'far', packets, roams, probeReplies }] : [], replies }
  }

  tick(now: number): readonly Due[] {
    this.nextTick = NEVER
    return this.#session === 0 ? [{ peer: 'far', datagrams: this.#initiate(now, RETRY - 1) }] : []
  }

  close(): void {
    this.restart()
  }

  #initiate(now: number, pause: number): Uint8Array[] {
    if (now - this.#initiated < pause) return []
    this.#initiated = now
    this.nextTick = now + RETRY
    return [Uint8Array.of(INITIATION, ...new Uint8Array(HEADER + 3))]
  }

  #establish(session: number): void {
    this.#session = session
    this.#counter = 0
    this.#highest = -1
    this.#initiated = Number.NEGATIVE_INFINITY
    this.nextTick = NEVER
    this.handshakes++
  }

  #sealed(kind: number, id: number, content: Uint8Array = new Uint8Array()): Uint8Array {
    const datagram = new Uint8Array(HEADER + 4 + content.length)
    const view = new DataView(datagram.buffer)
    datagram[0] = kind
    view.setUint32(1, this.#session)
    view.setUint32(5, this.#counter++)
    view.setUint32(HEADER, id)
    datagram.set(content, HEADER + 4)
    return datagram
  }
}

function read(datagram: Uint8Array, at: number): number {
  return new DataView(datagram.buffer, datagram.byteOffset, datagram.length).getUint32(at)
}
