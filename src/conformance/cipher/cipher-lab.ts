import type { Cipher, OpenResult, PeerId } from '../../core/api/cipher.js'
import type { Packet } from '../../core/api/packet.js'
import type { Link } from '../../core/api/transport.js'
import { totalDrops } from '../kit/drops.js'
import { guarded, guardedPacket } from '../kit/packets.js'
import type { VirtualClock } from '../kit/virtual-clock.js'

/** What fills memory that was lent to a cipher, or by it, once that is over. */
const OVERWRITTEN = 0xee
/** Bytes. */
const MAX_DATAGRAM = 65_535
/** Answers to answers after which two ciphers are taken to never stop. */
const MOST_ROUNDS = 50

/** One of the two ends that a cipher is tested with. */
export interface CipherEnd {
  readonly cipher: Cipher
  /** How this end calls the other. */
  readonly peer: PeerId
}

/** What a batch of datagrams came to: copies. */
export interface LabOpened {
  readonly packets: Uint8Array[]
  readonly roams: boolean
  readonly probeReplies: number[]
  readonly replies: Uint8Array[]
}

/** Runs one end's cipher. Whatever is lent either way is overwritten as soon as that is allowed. */
export class LabEnd {
  /** Packets that were opened, in order. */
  readonly received: Uint8Array[] = []
  /** Batches that were answered. */
  answered = 0
  /** Calls of `tick`. */
  ticks = 0
  readonly cipher: Cipher
  readonly peer: PeerId
  readonly #clock: VirtualClock
  readonly #link: Link
  /** The peers whose packets were opened. */
  readonly openedFrom = new Set<PeerId>()

  constructor({ cipher, peer }: CipherEnd, clock: VirtualClock, name: string) {
    this.cipher = cipher
    this.peer = peer
    this.#clock = clock
    this.#link = idleLink(name)
  }

  get drops(): number {
    return totalDrops(this.cipher)
  }

  /** Seals packets that have room around them. */
  seal(contents: readonly Uint8Array[], maxDatagram = MAX_DATAGRAM): Uint8Array[] {
    const packets = contents.map(guardedPacket)
    const datagrams = this.sealPackets(packets, maxDatagram)
    if (!packets.every((packet) => packet.intact())) throw new Error('seal wrote beyond the room of a packet')
    return datagrams
  }

  /** Seals packets that have no room around them. */
  sealWithoutRoom(contents: readonly Uint8Array[]): Uint8Array[] {
    const packets = contents.map((content) => ({
      bytes: Uint8Array.from(content),
      segmentSize: 0,
      checksum: 'full' as const,
    }))
    return this.sealPackets(packets)
  }

  sealPackets(packets: readonly Packet[], maxDatagram = MAX_DATAGRAM): Uint8Array[] {
    const datagrams = copies(this.cipher.seal(this.peer, packets, maxDatagram, this.#clock.now()))
    for (const { bytes } of packets) bytes.fill(OVERWRITTEN)
    return datagrams
  }

  open(datagrams: readonly Uint8Array[]): LabOpened {
    const lent = datagrams.map((datagram) => guarded(datagram))
    const opened = this.#take(this.openRaw(lent.map(({ bytes }) => bytes)))
    if (!lent.every((datagram) => datagram.intact())) throw new Error('open wrote beyond a datagram')
    for (const { bytes } of lent) bytes.fill(OVERWRITTEN)
    return opened
  }

  /** What the cipher itself returns. */
  openRaw(datagrams: readonly Uint8Array[]): OpenResult {
    return this.cipher.open(this.#link, datagrams, this.#clock.now())
  }

  tick(): Uint8Array[] {
    const now = this.#clock.now()
    this.ticks++
    const due = this.cipher.tick(now).flatMap(({ datagrams }) => copies(datagrams))
    if (this.cipher.nextTick <= now) throw new Error(`tick(${now}) wants to be called again at ${now}`)
    return due
  }

  #take({ opened, replies }: OpenResult): LabOpened {
    for (const { peer } of opened) this.openedFrom.add(peer)
    const packets = opened.flatMap((group) => copies(group.packets.map(({ bytes }) => bytes)))
    this.received.push(...packets)
    if (replies.length > 0) this.answered++
    return {
      packets,
      roams: opened.some((group) => group.roams),
      probeReplies: opened.flatMap((group) => [...group.probeReplies]),
      replies: copies(replies),
    }
  }
}

/** Two ends and the wire between them, in virtual time. */
export class CipherLab {
  readonly clock: VirtualClock
  readonly near: LabEnd
  readonly far: LabEnd
  /** Whether a datagram arrives that the given end sent. */
  passes: (datagram: Uint8Array, from: LabEnd) => boolean = () => true

  constructor(clock: VirtualClock, near: CipherEnd, far: CipherEnd) {
    this.clock = clock
    this.near = new LabEnd(near, clock, 'memory://far')
    this.far = new LabEnd(far, clock, 'memory://near')
  }

  /** Seals packets at one end and carries what comes of it. */
  send(from: LabEnd, ...contents: Uint8Array[]): void {
    this.carry(from, from.seal(contents))
  }

  /** Carries datagrams to the other end, its replies back, and so on until nothing more is said. */
  carry(from: LabEnd, datagrams: readonly Uint8Array[]): void {
    let sender = from
    let batch = datagrams
    for (let round = 0; batch.length > 0; round++) {
      if (round === MOST_ROUNDS) throw new Error('The two ends answer each other without end')
      const arriving = batch.filter((datagram) => this.passes(datagram, sender))
      sender = sender === this.near ? this.far : this.near
      batch = arriving.length > 0 ? sender.open(arriving).replies : []
    }
  }

  /** Lets time pass, calling each end's `tick` when it is due. */
  advance(milliseconds: number): void {
    const end = this.clock.now() + milliseconds
    for (;;) {
      const due = this.near.cipher.nextTick <= this.far.cipher.nextTick ? this.near : this.far
      const at = due.cipher.nextTick
      if (at > end) break
      this.clock.advance(Math.max(0, at - this.clock.now()))
      this.carry(due, due.tick())
    }
    this.clock.advance(end - this.clock.now())
  }

  /** Makes both ends able to send, with nothing received so far. */
  connect(hello: Uint8Array): void {
    this.send(this.near, hello)
    this.send(this.far, hello)
    this.advance(0)
    if (this.near.received.length !== 1 || this.far.received.length !== 1) {
      throw new Error('The first packet of each end did not arrive')
    }
    this.near.received.length = 0
    this.far.received.length = 0
  }
}

function copies(all: readonly Uint8Array[]): Uint8Array[] {
  return all.map((bytes) => Uint8Array.from(bytes))
}

function idleLink(remote: string): Link {
  return {
    remote,
    source: Uint8Array.of(10, 9, 0, 1),
    maxDatagram: MAX_DATAGRAM,
    stream: false,
    writable: true,
    drops: {},
    send() {},
    async close() {},
  }
}
