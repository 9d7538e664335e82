import { ipPacket, randomFrom } from '../../../src/conformance/kit/packets.js'
import type { Cipher, PeerId } from '../../../src/core/api/cipher.js'
import { packetOf } from '../../../src/core/api/packet.js'
import { ClientSession } from '../../../src/transports/http/session/client-session.js'
import type { Exchange } from '../../../src/transports/http/session/exchange.js'
import { MAX_TOGETHER } from '../../../src/transports/http/session/limits.js'
import type { Outbox } from '../../../src/transports/http/session/outbox.js'
import { ServerSession } from '../../../src/transports/http/session/server-session.js'
import {
  HEAD_BYTES,
  type Kind,
  readHead,
  SESSION_BYTES,
  writeHead,
} from '../../../src/transports/http/session/wire.js'
import { FrameParser, LENGTH_BYTES, MAX_FRAMED, writeFrame } from '../../../src/transports/streams/framing.js'
import { connectedPair } from '../ciphers/tunnels.js'
import { FakeLink } from '../core/fake-link.js'

/** Milliseconds of a step at the most. */
const LONGEST_STEP = 400
const KINDS: readonly Kind[] = ['open', 'up', 'down', 'whole', 'stream']
/** Where a packet has its number. */
const NUMBER_AT = 28
const PACKET_BYTES = 120

/** One end: its cipher, and the stream of frames that it reads. */
class LabEnd {
  readonly link = new FakeLink('fake://far', true)
  readonly sealed = new Set<string>()
  readonly delivered: string[] = []
  parser = new FrameParser()
  outbox!: Outbox
  readonly #cipher: Cipher
  readonly #peer: PeerId
  #number: number

  constructor(cipher: Cipher, peer: PeerId, first: number) {
    this.#cipher = cipher
    this.#peer = peer
    this.#number = first
  }

  /** Datagrams that the cipher dropped. */
  get refused(): number {
    return Object.values(this.#cipher.drops).reduce((sum, count) => sum + count, 0)
  }

  /** Seals a packet that there was not yet, unless too much waits. */
  send(now: number): void {
    if (this.outbox.isFull(now)) return
    const bytes = ipPacket(PACKET_BYTES)
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(NUMBER_AT, this.#number++)
    this.sealed.add(Buffer.from(bytes).toString('hex'))
    this.#write(this.#cipher.seal(this.#peer, [packetOf(bytes)], MAX_FRAMED, now), now)
  }

  tick(now: number): void {
    for (const { datagrams } of this.#cipher.tick(now)) this.#write(datagrams, now)
  }

  came(bytes: Uint8Array, now: number): void {
    const datagrams = this.parser.push(Uint8Array.from(bytes)).map((datagram) => Uint8Array.from(datagram))
    const { opened, replies } = this.#cipher.open(this.link, datagrams, now)
    for (const { packets } of opened) {
      for (const { bytes } of packets) this.delivered.push(Buffer.from(bytes).toString('hex'))
    }
    this.#write(replies, now)
  }

  #write(datagrams: readonly Uint8Array[], now: number): void {
    for (const datagram of datagrams) {
      const frame = new Uint8Array(LENGTH_BYTES + datagram.length)
      writeFrame(frame, 0, datagram)
      this.outbox.add(frame, now)
    }
  }
}

/** What is on its way: a request, or a part of an answer. */
interface Passing {
  readonly exchange: Exchange
  readonly bytes: Uint8Array
  readonly isAnswer: boolean
  readonly isEnd: boolean
}

/** A tunnel over posts whose front end does with them what it likes: over `http://` it reads and writes all of it. */
export class ForgingLab {
  readonly near: LabEnd
  readonly far: LabEnd
  now: number
  /** The most exchanges that the client had under way at a time. */
  mostUnderWay = 0
  #client!: ClientSession
  #server!: ServerSession
  readonly #random: () => number
  readonly #underWay = new Set<Exchange>()
  #passing: Passing[] = []
  /** What came by once, to be replayed. */
  readonly #seen: Uint8Array[] = []
  #sessions = 0

  constructor(seed: number) {
    const { client, clientId, server, serverId, simulation } = connectedPair('aes-256-gcm')
    this.now = simulation.now()
    this.near = new LabEnd(client.cipher, serverId, 0)
    this.far = new LabEnd(server.cipher, clientId, 1_000_000)
    this.#random = randomFrom(seed)
    this.redial()
  }

  /** Whether the link of either end is over, so that it is dialled again. */
  get isOver(): boolean {
    const { far, near } = this
    return this.#client.failure !== undefined || (near.parser.ended ?? far.parser.ended) !== undefined
  }

  get mostKept(): number {
    return Math.max(
      ...[this.near, this.far].map(({ outbox, parser }) => outbox.end - outbox.acked + parser.reserved),
    )
  }

  redial(): void {
    this.#underWay.clear()
    this.#passing = []
    const { far, near, now } = this
    const id = new Uint8Array(SESSION_BYTES).fill(++this.#sessions)
    this.#client = new ClientSession({
      mostPosts: () => MAX_TOGETHER,
      ...{ id, polls: false, who: 'the server', now },
      deliver: (bytes) => near.came(bytes, this.now),
    })
    this.#server = new ServerSession({ id, now, deliver: (bytes) => far.came(bytes, this.now) })
    this.#server.inbox.keeps = 512 * 1024
    near.outbox = this.#client.outbox
    far.outbox = this.#server.outbox
    near.parser = new FrameParser()
    far.parser = new FrameParser()
  }

  /** Lets a while pass, in which each end sends; so many of a thousand parts that pass the front end are not what they were. */
  step(hostile: number): void {
    this.now += Math.ceil(this.#random() * LONGEST_STEP)
    for (const end of [this.near, this.far]) {
      end.tick(this.now)
      end.send(this.now)
    }
    this.#server.tick(this.now)
    this.#server.flush(this.now)
    for (const late of this.#client.tick(this.now)) this.#underWay.delete(late)
    this.#begin()
    const passing = this.#passing.splice(0)
    if (this.#happens(hostile)) passing.sort(() => this.#random() - 0.5)
    for (const one of passing) this.#pass(one, hostile)
    this.#begin()
  }

  #begin(): void {
    for (;;) {
      const exchange = this.#client.next(this.now)
      if (exchange === undefined) break
      this.#underWay.add(exchange)
      this.#client.sent(exchange, this.now)
      const bytes = Uint8Array.from(Buffer.concat(exchange.body))
      this.#passing.push({ exchange, bytes, isAnswer: false, isEnd: true })
    }
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay.size)
  }

  #pass(passing: Passing, hostile: number): void {
    const bytes = Uint8Array.from(passing.bytes)
    this.#seen.push(bytes)
    if (!this.#happens(hostile)) this.#deliver(passing)
    else this.#forge(passing)
  }

  #forge(passing: Passing): void {
    const { bytes, exchange } = passing
    const chance = this.#random()
    if (chance < 0.2) this.#broke(exchange)
    else if (chance < 0.4) this.#passing.push(passing)
    else if (chance < 0.6) this.#deliver({ ...passing, bytes: this.#seen[this.#below(this.#seen.length)]! })
    else if (chance < 0.8) this.#deliver({ ...passing, bytes: this.#flipped(bytes) })
    else this.#deliver({ ...passing, bytes: this.#made(bytes) })
  }

  #flipped(bytes: Uint8Array): Uint8Array {
    const changed = Uint8Array.from(bytes)
    if (changed.length > 0) changed[this.#below(changed.length)]! ^= 1 << this.#below(8)
    return changed
  }

  /** A body with a head that fits the session, numbers that may be anything, and bytes that nobody sealed. */
  #made(bytes: Uint8Array): Uint8Array {
    const head = bytes.length >= HEAD_BYTES ? readHead(bytes.subarray(0, HEAD_BYTES)) : undefined
    const number = (right: number) => {
      const chance = this.#random()
      if (chance < 0.5) return right
      return chance < 0.75 ? Math.max(0, right + this.#below(200) - 100) : this.#below(2 ** 40)
    }
    const forged = writeHead({
      kind: this.#happens(500) ? (head?.kind ?? 'up') : KINDS[this.#below(KINDS.length)]!,
      flags: this.#below(8),
      session: head?.session ?? new Uint8Array(SESSION_BYTES).fill(this.#sessions),
      ack: number(head?.ack ?? 0),
      offset: number(head?.offset ?? 0),
      window: this.#below(2 ** 32),
    })
    const replayed = this.#seen[this.#below(this.#seen.length)]!.subarray(HEAD_BYTES)
    const content = this.#happens(500)
      ? replayed
      : Uint8Array.from({ length: this.#below(400) }, () => this.#below(256))
    return Uint8Array.from(Buffer.concat([forged, content]))
  }

  #deliver({ bytes, exchange, isAnswer, isEnd }: Passing): void {
    if (!isAnswer) this.#arrive(exchange, bytes)
    else if (this.#underWay.has(exchange)) {
      this.#client.came(exchange, bytes, this.now)
      if (exchange.reader.isBad || isEnd) {
        this.#underWay.delete(exchange)
        this.#client.ended(exchange, this.now)
      }
    }
  }

  /** As a listener takes a request. */
  #arrive(exchange: Exchange, body: Uint8Array): void {
    const head = body.length >= HEAD_BYTES ? readHead(body.subarray(0, HEAD_BYTES)) : undefined
    const answer = (parts: readonly Uint8Array[], isEnd: boolean) => {
      this.#passing.push({ exchange, bytes: Uint8Array.from(Buffer.concat(parts)), isAnswer: true, isEnd })
      return true
    }
    const asks = head?.kind === 'open' || head?.kind === 'up' || head?.kind === 'down'
    if (head === undefined || !asks || head.session[0] !== this.#sessions) {
      this.#broke(exchange)
      return
    }
    this.#server.asked(head, this.now)
    const answering = {
      write: (parts: readonly Uint8Array[]) => answer(parts, false),
      end: (parts: readonly Uint8Array[]) => void answer(parts, true),
    }
    if (head.kind === 'down') this.#server.down(head, answering, this.now)
    else {
      this.#server.took(head.offset, body.subarray(HEAD_BYTES), this.now)
      answering.end(this.#server.answer(head.flags, this.now))
    }
  }

  #broke(exchange: Exchange): void {
    if (!this.#underWay.delete(exchange)) return
    this.#client.broke(exchange, { why: { code: 'post-cut', text: 'cut' } }, this.now)
  }

  #happens(share: number): boolean {
    return this.#random() * 1_000 < share
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}
