import type { Opened, OpenResult } from '../api/cipher.js'
import { asError } from '../api/errors.js'
import type { Packet } from '../api/packet.js'
import type { Train, TrainReceiver } from '../api/trains.js'
import type { Link, LinkHandlers } from '../api/transport.js'
import { clearList, emptyList } from '../bytes/clear-list.js'
import type { HookChain, HookSink } from '../hooks/hook-chain.js'
import type { HookedTraffic } from '../hooks/hooked-traffic.js'
import { NARROWED } from '../path-mtu/narrowed.js'
import type { LinkChooser, Peer } from '../peers/peers.js'
import { countReceived, countSent, newTraffic } from '../peers/traffic.js'
import { Alarm } from '../time/alarm.js'
import { CutSender } from './cut-sender.js'
import { newPumpDrops } from './drops.js'
import { PeerPaths } from './peer-paths.js'
import { ofOneShape, type PumpParts } from './pump-parts.js'
import { Router } from './router.js'
import { isSamePlace } from './same-place.js'
import { TrainOpening } from './train-opening.js'
import { TunBackpressure } from './tun-backpressure.js'

const NO_REPLIES: readonly number[] = []
/** Bytes of the largest datagram of a super-packet: a link that takes as many takes them all. */
const LARGEST_DATAGRAM = 65_535
/** Bytes that a datagram has beyond its super-packet, at the most. */
const AROUND_SUPER_PACKET = 64

/**
 * Carries packets between a TUN device and peers:
 *
 *     TUN device → receivePackets: which peer owns the destination? → cipher.seal → the peer's link → wire
 *     wire → link → receive → cipher.open → may this peer use that source? → TUN device
 *
 * One synchronous pass each way, a batch at a time, with no queue in between.
 */
export class Pump implements LinkHandlers, TrainReceiver {
  /** What went through, inside the tunnel, with all peers that there were. */
  readonly traffic = newTraffic()
  /** Packets and datagrams that the pump itself dropped, by cause. */
  readonly drops = newPumpDrops()
  /** How large packets to peers may be. Work on it is done by `run`. */
  readonly paths: PeerPaths
  readonly #parts: PumpParts
  readonly #router: Router
  readonly #cutSender: CutSender
  readonly #trains: TrainOpening
  readonly #hooked: HookedTraffic | undefined
  /** The packets of one batch that may go to the host. */
  readonly #admitted = emptyList<Packet>()
  /** What choosers are to be told of one batch. */
  readonly #authenticated = emptyList<{
    readonly chooser: LinkChooser
    readonly probeReplies: readonly number[]
  }>()
  /** Rings when the cipher has something due. */
  readonly #alarm: Alarm
  readonly #backpressure: TunBackpressure
  #stopped = false

  constructor(parts: PumpParts) {
    this.#parts = ofOneShape(parts)
    this.#router = new Router(parts.peers, this.drops)
    this.#cutSender = new CutSender(parts.cipher, parts.segmenter)
    this.#trains = new TrainOpening(parts.cipher, parts.tun, parts.hooks === undefined)
    this.paths = new PeerPaths(
      parts,
      (work) => this.run(work),
      (link) => this.#endNarrowed(link),
    )
    this.#alarm = new Alarm(parts.clock, () => this.run((now) => this.#tick(now)))
    this.#backpressure = new TunBackpressure(parts.tun, parts.clock)
    if (parts.hooks !== undefined) {
      const goOn: HookSink = (packets, peer, now) => this.#send(peer, packets, now, true, true)
      const answer: HookSink = (packets, peer, now) => this.#send(peer, packets, now, true)
      this.#hooked = parts.hooks.between(parts.tun, goOn, answer)
    }
  }

  /** Packets that hooks dropped, by hook and cause. */
  get hookDrops(): HookChain['drops'] {
    return this.#parts.hooks?.drops ?? {}
  }

  /** Keeps peers apart from now on, or lets them reach each other by the host. */
  isolate(isolates: boolean): void {
    this.#router.isolates = isolates
  }

  /** The largest packet of the TUN device has so many bytes from now on. */
  resize(mtu: number): void {
    const { cipher, hooks } = this.#parts
    this.run((now) => {
      this.paths.resize(mtu, now)
      cipher.resize?.(mtu)
      hooks?.resize(mtu)
    })
  }

  /** A peer is sent to by another link from now on, or by none. */
  uses(peer: Peer, link: Link | undefined): void {
    peer.link = link
    if (link !== undefined) this.run((now) => this.paths.follow(peer, link, now))
    this.resume()
  }

  /** Starts reading the TUN device. */
  start(): void {
    const { receivePackets } = this
    this.#parts.tun.start({ receive: receivePackets, failed: (error) => this.failed(error) })
    this.run(() => {})
  }

  /** Idempotent. What still comes in is ignored. */
  stop(): void {
    this.#stopped = true
    this.#alarm.cancel()
    this.#backpressure.stop()
    this.paths.stop()
  }

  /**
   * Does some work on parts of the tunnel. All that is done with them happens here: a part that throws has a
   * bug, and the tunnel ends cleanly instead of going on in an unknown state; and work on the cipher may
   * give it something to do later. Does nothing after the pump was stopped. The packet paths repeat its body, to save a call.
   */
  run(work: (now: number) => void): void {
    if (this.#stopped) return
    const now = this.#parts.clock.now()
    try {
      work(now)
      this.#expectTick(now)
    } catch (thrown) {
      this.failed(asError(thrown))
    }
  }

  /** Seals packets that left the host and sends them to the peers that own their destinations. */
  readonly receivePackets = (packets: readonly Packet[]): void => {
    if (this.#stopped) return
    const now = this.#parts.clock.now()
    try {
      this.#route(packets, now)
      this.#expectTick(now)
    } catch (thrown) {
      this.failed(asError(thrown))
    }
  }

  /** Opens datagrams that came by a link and writes their packets to the host. */
  receive(link: Link, datagrams: readonly Uint8Array[]): void {
    if (this.#stopped) return
    const now = this.#parts.clock.now()
    try {
      const result = datagrams.length > 1 ? this.#trains.openList(link, datagrams, now) : undefined
      if (result !== undefined) this.#deliver(link, result, now)
      else this.#open(link, datagrams, now)
      this.#expectTick(now)
    } catch (thrown) {
      this.failed(asError(thrown))
    }
  }

  /** The same for trains. */
  receiveTrains(link: Link, trains: readonly Train[]): void {
    this.run((now) => {
      const result = this.#trains.open(link, trains, now)
      if (result === undefined) this.#open(link, this.#trains.listOf(trains), now)
      else this.#deliver(link, result, now)
    })
  }

  #expectTick(now: number): void {
    if (!this.#stopped) this.#alarm.set(this.#parts.cipher.nextTick, now)
  }

  /** Sends packets in runs that go to one peer each, in their order. */
  #route(packets: readonly Packet[], now: number): void {
    // Not kept for the next batch: a host in memory may answer what it is told with packets, amid this one.
    let run: Packet[] = []
    let owner: Peer | undefined
    for (const packet of packets) {
      const peer = this.#router.destination(packet.bytes)
      if (peer === undefined) continue
      if (peer !== owner && owner !== undefined) {
        this.#send(owner, run, now)
        run = []
      }
      owner = peer
      run.push(packet)
    }
    if (owner !== undefined) this.#send(owner, run, now)
  }

  #open(link: Link, datagrams: readonly Uint8Array[], now: number): void {
    const { cipher, firstSender } = this.#parts
    if (!cipher.authenticates && !firstSender.hears(link, now)) {
      this.drops.unknownSource += datagrams.length
      return
    }
    this.#deliver(link, cipher.open(link, datagrams, now), now)
  }

  #deliver(link: Link, { opened, replies }: OpenResult, now: number): void {
    for (const group of opened) this.#admit(group, link, now)
    if (replies.length > 0) link.send(replies)
    if (this.#admitted.length > 0) {
      if (this.#hooked === undefined) this.#parts.tun.write(this.#admitted)
      else this.#hooked.write(now)
      clearList(this.#admitted)
    }
    if (this.#authenticated.length > 0) this.#tellChoosers(link, now)
  }

  drained(_link: Link): void {
    this.resume()
  }

  /** Reads the TUN device again: the peer has a link that takes packets, or none at all. */
  resume(): void {
    this.#backpressure.release()
  }

  closed(link: Link, error?: Error): void {
    this.run((now) => {
      this.resume()
      const { firstSender, log, peers } = this.#parts
      log.debug('link closed', { remote: link.remote, ...(error && { why: error.message }) })
      firstSender.closed(link)
      for (const peer of peers) {
        if (peer.link === link) {
          peer.link = undefined
          if (peer.chooser === undefined) peer.lost(error?.message ?? 'the peer closed the connection', now)
        }
        peer.chooser?.closed(link, error)
      }
    })
  }

  failed(error: Error): void {
    if (this.#stopped) return
    this.stop()
    this.#parts.failed(error)
  }

  /** Closes a link that the far end is to open anew. */
  #endNarrowed(link: Link): void {
    void link.close()
    this.closed(link, new Error(NARROWED))
  }

  /**
   * @param pastHooks Whether the packets went through the hooks, or go by them.
   * @param amidBatch Whether the link took packets when their batch began, which hooks cut: it gets the whole of it.
   */
  #send(peer: Peer, packets: Packet[], now: number, pastHooks = false, amidBatch = false): void {
    const { link } = peer
    if (link === undefined) {
      this.drops.linkless += packets.length
      peer.drops.linkless += packets.length
      return
    }
    if (!link.writable && !amidBatch) {
      this.drops.congested += packets.length
      peer.drops.congested += packets.length
      return
    }
    if (this.#hooked !== undefined && !pastHooks) {
      const rejoins = link.stream && this.#parts.cipher.sessions?.takesSuperPackets(peer.id) === true
      this.#hooked.outgoing(packets, peer, now, rejoins)
      return
    }
    const before = packets.length
    const maxDatagram = this.paths.fit(peer, link, packets, now)
    this.drops.tooLarge += before - packets.length
    if (packets.length === 0) return
    let sentBytes = 0
    let superPackets = false
    let partial = false
    for (const { bytes, checksum, segmentSize } of packets) {
      sentBytes += bytes.length
      if (segmentSize !== 0) superPackets = true
      if (checksum === 'partial') partial = true
    }
    countSent(this.traffic, packets.length, sentBytes)
    countSent(peer.traffic, packets.length, sentBytes)
    const { cipher } = this.#parts
    const takesThem = (superPackets || partial) && cipher.sessions?.takesSuperPackets(peer.id) === true
    const isWhole = takesThem
      ? !superPackets || (link.stream && (maxDatagram >= LARGEST_DATAGRAM || allFit(packets, maxDatagram)))
      : !superPackets && !partial
    if (isWhole) {
      link.send(cipher.seal(peer.id, packets, maxDatagram, now))
    } else {
      this.#cutSender.send(peer.id, link, packets, takesThem ? 'partial' : 'full', maxDatagram, now)
    }
    peer.chooser?.sent(now)
    // A busy carrier slows the host down if no other peer would have to wait.
    if (!link.writable && this.#parts.peers.isAlone(peer)) this.#backpressure.apply(now)
  }

  /** Lets through what the peer may send, and follows the peer to the link that it moved to. */
  #admit(
    { peer: id, packets, roams, probeReplies, saidGoodbye, settings, maxDatagram }: Opened,
    link: Link,
    now: number,
  ): void {
    const { cipher, firstSender, log, peers } = this.#parts
    const peer = peers.get(id)
    if (peer === undefined) {
      this.drops.unknownPeer += packets.length
      return
    }
    if (!cipher.authenticates) firstSender.onAuthenticated(link, now)
    const { presence } = peer
    presence.lastSeen = now
    if ((saidGoodbye === true) === presence.isHere && cipher.authenticates) presence.turn(now)
    link.authenticated?.()
    if (maxDatagram !== undefined) link.limit?.(maxDatagram)
    if (roams && peer.link !== link && (peer.chooser?.follows(link) ?? true)) {
      if (peer.link?.remote !== link.remote) {
        const { remote } = link
        if (isSamePlace(peer.link, link)) log.debug('peer renews its link', { peer: id, remote })
        else log.info('peer uses a new link', { peer: id, remote })
      }
      peer.link = link
      this.paths.came(link, now)
      peer.reachedBy(link, 'the peer sends from there', now)
      this.resume()
    }
    if (probeReplies.length > 0) {
      peer.roundTrip.answered(probeReplies, now)
      peer.path?.onAuthenticated(probeReplies, now)
    }
    if (settings !== undefined) peer.pushed?.(settings)
    if (peer.chooser !== undefined) {
      const replies = probeReplies.length > 0 ? probeReplies.slice() : NO_REPLIES
      this.#authenticated.push({ chooser: peer.chooser, probeReplies: replies })
    }
    const first = this.#admitted.length
    let receivedBytes = 0
    for (const packet of packets) {
      if (!this.#router.admits(peer, packet.bytes, now)) continue
      this.paths.clamp(peer, packet)
      receivedBytes += packet.bytes.length
      this.#admitted.push(packet)
    }
    if (this.#hooked !== undefined) this.#hooked.admitted(peer, this.#admitted, first)
    const receivedPackets = this.#admitted.length - first
    countReceived(this.traffic, receivedPackets, receivedBytes)
    countReceived(peer.traffic, receivedPackets, receivedBytes)
  }

  /** Comes last: a chooser may use the cipher, which takes back what it lent. */
  #tellChoosers(link: Link, now: number): void {
    for (const { chooser, probeReplies } of this.#authenticated)
      chooser.onAuthenticated(link, probeReplies, now)
    clearList(this.#authenticated)
  }

  #tick(now: number): void {
    const { cipher, peers } = this.#parts
    for (const { peer, datagrams } of cipher.tick(now)) peers.get(peer)?.link?.send(datagrams)
  }
}

/** Whether a link takes the datagrams of these super-packets. */
function allFit(packets: readonly Packet[], maxDatagram: number): boolean {
  return packets.every(({ bytes }) => bytes.length + AROUND_SUPER_PACKET <= maxDatagram)
}
