import type {
  Cipher,
  Due,
  OpenResult,
  PeerId,
  PeerManager,
  Sessions,
  SettingsPush,
  Trouble,
} from '../../core/api/cipher.js'
import type { Packet } from '../../core/api/packet.js'
import type { Joiner, SegmentSource, Train, TrainOpener, TrainSealer } from '../../core/api/trains.js'
import type { Link } from '../../core/api/transport.js'
import { clearList, emptyList } from '../../core/bytes/clear-list.js'
import { bufferOf, offsetOf, part } from '../../core/bytes/views.js'
import type { Context, NoiseOptions } from './context.js'
import { writeGoodbye, writeProbe } from './control/control.js'
import { Handshakes } from './handshakes.js'
import { Opener } from './opener.js'
import type { NoisePeer } from './peer.js'
import { PeerTable } from './peer-table.js'
import { IndexTable } from './session/index-table.js'
import { Sealer } from './session/sealer.js'
import { SessionTimers } from './session-timers.js'
import { newDrops } from './wire/drops.js'
import { isMessage, MESSAGE_TYPES, readIndex } from './wire/messages.js'

const NONE: readonly Uint8Array[] = emptyList()
/** Bytes. A larger datagram alone is most likely a super-packet, which is opened where it lies. */
const MOST_ALONE = 2048
const NEVER = Number.POSITIVE_INFINITY
const NOTHING = { sent: 0, received: 0 } as const

/**
 * A cipher with handshakes: sessions that are renewed, replay protection, roaming, and all of WireGuard's timers.
 * Who its ends are and what their handshake looks like is its protocol's matter.
 *
 *     packets → seal: is there a session? → Sealer → datagrams, and an initiation if one is due
 *     datagrams → open: → Handshakes or Opener → each peer's inbox → SessionTimers: what follows from it → replies
 */
export class NoiseCipher implements Cipher, TrainSealer, TrainOpener {
  readonly authenticates = true
  readonly overhead: number
  readonly drops
  readonly sessions: Sessions
  readonly peerManager: PeerManager
  readonly settings: SettingsPush
  readonly #context: Context
  readonly #handshakes: Handshakes
  readonly #sealer: Sealer
  readonly #opener: Opener
  readonly #timers: SessionTimers
  readonly #sealed = emptyList<Uint8Array>()
  readonly #touched = emptyList<NoisePeer>()
  readonly #replies = emptyList<Uint8Array>()
  readonly #result: { opened: NoisePeer['inbox'][]; replies: Uint8Array[] } = {
    opened: emptyList(),
    replies: this.#replies,
  }
  #nextTick = NEVER

  constructor(options: NoiseOptions) {
    this.drops = newDrops()
    const context: Context = {
      ...options,
      drops: this.drops,
      peers: new Map(),
      indices: new IndexTable(options.random),
    }
    this.#context = context
    const { padding, suite } = options.protocol
    this.#sealer = new Sealer(suite.aead.tagBytes, padding, options.mtu, this.drops)
    this.overhead = this.#sealer.overhead
    this.#opener = new Opener(context)
    this.#handshakes = new Handshakes(context)
    this.#timers = new SessionTimers(context, this.#handshakes, this.#sealer)
    this.peerManager = new PeerTable(context, this.#handshakes, (peer) => this.#schedule(peer))
    this.sessions = {
      trials: {
        begin: (id, trial, beside, now) => this.#try(id, trial, beside, now),
        adopt: (id, trial, maxDatagram, now) => this.#adopt(id, trial, maxDatagram, now),
        leave: (id, now) => this.#leave(id, now),
        drop: (id, trial) => this.#withPeer(id, (peer) => this.#handshakes.drop(peer, trial)),
      },
      initiate: (id, now) => this.#initiate(id, now),
      probe: (id, probe, now, length) => this.#probe(id, probe, now, length),
      goodbye: (id, now) => this.#goodbye(id, now),
      envelope: this.#sealer.envelope,
      block: padding,
      live: (id, now) => context.peers.get(id)?.keys.sealing(now) !== undefined,
      takesSuperPackets: (id) => context.peers.get(id)?.capabilities.takesSuperPackets ?? false,
      handshake: (id) => context.peers.get(id)?.handshake,
      drops: (id) => context.peers.get(id)?.drops ?? {},
      carried: (id) => context.peers.get(id)?.carried ?? NOTHING,
    }
    this.settings = {
      push: (id, settings, now) => this.#withPeer(id, (peer) => peer.settings.push(settings, now)),
      ask: (id, asks, now) =>
        this.#withPeer(id, ({ capabilities, keys, settings }) => {
          const reachable = capabilities.understandsControl && keys.sealing(now) !== undefined
          settings.ask(asks, reachable, now)
        }),
    }
  }

  get nextTick(): number {
    return this.#nextTick
  }

  seal(id: PeerId, packets: readonly Packet[], maxDatagram: number, now: number): readonly Uint8Array[] {
    const out = this.#startBatch()
    const peer = this.#context.peers.get(id)
    if (peer === undefined) {
      this.drops.unknownPeer += packets.length
      return out
    }
    this.#timers.send(peer, packets, maxDatagram, now, out)
    peer.countSent(out)
    this.#schedule(peer)
    return out
  }

  sealSegments(id: PeerId, segments: SegmentSource, maxDatagram: number, now: number): Train | undefined {
    const peer = this.#context.peers.get(id)
    if (peer === undefined || peer.goodbye.hasLeft) return undefined
    const keyPair = peer.keys.sealing(now)
    if (keyPair === undefined || keyPair.wantsRenewal(now)) return undefined
    const train = this.#sealer.segments(keyPair, segments, peer.capabilities, maxDatagram, now)
    if (train === undefined) return undefined
    peer.timers.dataSent(now)
    peer.carried.sent += train.bytes.length
    this.#schedule(peer)
    return train
  }

  openTrains(link: Link, trains: readonly Train[], joiner: Joiner, now: number): OpenResult {
    return this.open(link, NONE, now, () => this.#openTrains(link, trains, joiner, now))
  }

  /** @param others Opens what else came with the datagrams. */
  open(link: Link, datagrams: readonly Uint8Array[], now: number, others?: () => void): OpenResult {
    this.#startBatch()
    this.#opener.reset()
    for (const peer of this.#touched) peer.inbox.clear()
    clearList(this.#touched)
    clearList(this.#replies)
    const { opened } = this.#result
    clearList(opened)
    for (const datagram of datagrams) this.#openOne(datagram, link, now)
    if (others !== undefined) others()
    for (const peer of this.#touched) {
      const before = this.#replies.length
      if (peer.inbox.inSession) this.#timers.received(peer, link, now, this.#replies)
      peer.countSent(this.#replies, before)
      peer.inbox.saidGoodbye = peer.goodbye.stands
      opened.push(peer.inbox)
      this.#schedule(peer)
    }
    return this.#result
  }

  tick(now: number): readonly Due[] {
    this.#startBatch()
    const due: Due[] = []
    this.#nextTick = NEVER
    for (const peer of this.#context.peers.values()) {
      if (peer.deadline.at <= now) {
        const datagrams = emptyList<Uint8Array>()
        this.#timers.tick(peer, now, datagrams)
        peer.countSent(datagrams)
        if (datagrams.length > 0) due.push({ peer: peer.id, datagrams })
      }
      this.#schedule(peer)
    }
    return due
  }

  troubles(now: number): readonly Trouble[] {
    return this.#handshakes.troubles.at(now, (id) => this.#context.peers.get(id)?.handshake?.at)
  }

  resize(mtu: number): void {
    this.#sealer.mtu = mtu
  }

  close(): void {
    for (const id of [...this.#context.peers.keys()]) this.peerManager.remove(id)
    this.#context.protocol.erase()
    this.#nextTick = NEVER
  }

  /** Opens what lies in the joiner's memory by way of it, and all else as a list of datagrams. */
  #openTrains(link: Link, trains: readonly Train[], joiner: Joiner, now: number): void {
    const opener = this.#opener
    const buffer = bufferOf(joiner.memory)
    joiner.begin()
    for (const { bytes, size } of trains) {
      const isLarge = bytes.length <= size && size > MOST_ALONE
      const from = !isLarge && bufferOf(bytes) === buffer ? offsetOf(bytes) : -1
      let at = 0
      do {
        const length = Math.min(size, bytes.length - at)
        const peer = from < 0 ? undefined : opener.openInto(from + at, length, joiner, now, this.#answer)
        if (peer) this.#touch(peer, length, true)
        else if (peer === undefined) {
          joiner.end()
          this.#openOne(part(bytes, at, at + length), link, now)
        }
        at += size
      } while (at < bytes.length)
    }
    joiner.end()
  }

  #openOne(datagram: Uint8Array, link: Link, now: number): void {
    if (isMessage(datagram, MESSAGE_TYPES.data)) {
      const peer = this.#opener.open(datagram, now, this.#answer)
      if (peer !== undefined) this.#touch(peer, datagram.length, true)
    } else if (isMessage(datagram, MESSAGE_TYPES.initiation)) {
      const answered = this.#handshakes.answer(datagram, link, now)
      if (answered === undefined) return
      const { message, peer } = answered
      this.#replies.push(message)
      if (peer === undefined) return
      peer.carried.received += datagram.length
      peer.carried.sent += message.length
      this.#schedule(peer)
    } else if (isMessage(datagram, MESSAGE_TYPES.response)) {
      const finished = this.#handshakes.finish(datagram, link, now)
      if (finished === undefined) return
      const { peer, trial } = finished
      this.#touch(peer, datagram.length, trial === undefined)
      if (trial !== undefined) peer.inbox.probeReplies.push(trial)
      else {
        peer.inbox.roams = true
        peer.inbox.established = true
      }
    } else if (isMessage(datagram, MESSAGE_TYPES.cookie)) this.#handshakes.takeCookie(datagram, now)
    else this.drops.malformed++
  }

  readonly #answer = (peer: NoisePeer, message: Uint8Array, now: number): void => {
    const before = this.#replies.length
    this.#timers.message(peer, message, now, this.#replies)
    peer.countSent(this.#replies, before)
  }

  /** A datagram of the peer, of so many bytes, was authentic. */
  #touch(peer: NoisePeer, bytes: number, inSession: boolean): void {
    peer.carried.received += bytes
    if (inSession) peer.inbox.inSession = true
    if (peer.inbox.touched) return
    peer.inbox.touched = true
    this.#touched.push(peer)
  }

  #initiate(id: PeerId, now: number): readonly Uint8Array[] {
    const out = this.#startBatch()
    const peer = this.#context.peers.get(id)
    const initiation = peer && this.#handshakes.initiate(peer, now)
    if (initiation === undefined) return out
    out.push(initiation)
    peer!.countSent(out)
    this.#schedule(peer!)
    return out
  }

  #try(id: PeerId, trial: number, beside: boolean, now: number): Uint8Array | undefined {
    const out = this.#startBatch()
    const peer = this.#context.peers.get(id)
    const initiation = peer && this.#handshakes.try(peer, trial, beside, now)
    if (initiation === undefined) return undefined
    out.push(initiation)
    peer!.countSent(out)
    this.#schedule(peer!)
    return initiation
  }

  #adopt(id: PeerId, trial: number, maxDatagram: number, now: number): readonly Uint8Array[] {
    const out = this.#startBatch()
    this.#withPeer(id, (peer) => {
      this.#timers.adopt(peer, trial, maxDatagram, now, out)
      peer.countSent(out)
    })
    return out
  }

  #leave(id: PeerId, now: number): Uint8Array | undefined {
    const out = this.#startBatch()
    const peer = this.#context.peers.get(id)
    const goodbye = peer && this.#timers.leave(peer, this.#writeGoodbye(), now)
    if (goodbye === undefined) return undefined
    out.push(goodbye)
    peer!.countSent(out)
    return goodbye
  }

  #writeGoodbye(): Uint8Array {
    return writeGoodbye(readIndex(this.#context.random(4), 0))
  }

  #probe(id: PeerId, probe: number, now: number, length = 0): Uint8Array | undefined {
    const out = this.#startBatch()
    const peer = this.#context.peers.get(id)
    if (!peer?.capabilities.understandsControl) return undefined
    this.#timers.probe(peer, writeProbe(probe), now, out, length)
    peer.countSent(out)
    this.#schedule(peer)
    return out[0]
  }

  #goodbye(id: PeerId, now: number): Uint8Array | undefined {
    const out = this.#startBatch()
    const peer = this.#context.peers.get(id)
    if (peer === undefined) return undefined
    if (peer.capabilities.understandsControl) {
      this.#timers.message(peer, this.#writeGoodbye(), now, out)
    }
    this.peerManager.remove(id) // whatever was sealed after it would take it back
    return out[0]
  }

  /** Does something with a peer, which may have something due afterwards. */
  #withPeer(id: PeerId, work: (peer: NoisePeer) => void): void {
    const peer = this.#context.peers.get(id)
    if (peer === undefined) return
    work(peer)
    this.#schedule(peer)
  }

  /** Takes back what the last call lent. */
  #startBatch(): Uint8Array[] {
    this.#sealer.reset()
    clearList(this.#sealed)
    return this.#sealed
  }

  #schedule({ deadline }: NoisePeer): void {
    if (deadline.at < this.#nextTick) this.#nextTick = deadline.at
  }
}
