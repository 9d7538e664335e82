import type { Cipher, PeerId } from '../../../src/core/api/cipher.js'
import { type Packet, packetOf } from '../../../src/core/api/packet.js'
import type { Link } from '../../../src/core/api/transport.js'
import type { ClientSettings } from '../../../src/core/settings/client-settings.js'
import type { Timer } from '../../../src/core/time/clock.js'
import type { Network, Station } from './network.js'
import type { Simulation } from './simulation.js'

/** A packet that an end received, and from whom. */
export interface Delivered {
  readonly peer: PeerId
  readonly bytes: Uint8Array
  readonly segmentSize: number
  readonly checksum: Packet['checksum']
}

/** One end of a tunnel: a cipher with links, as a pump would use them. */
export class End implements Station {
  cipher: Cipher
  /** What came out of the tunnel, in order. */
  readonly delivered: Delivered[] = []
  /** Ids of probes that were answered. */
  readonly probeReplies: number[] = []
  /** What was handed to this end, in order. */
  readonly settings: ClientSettings[] = []
  /** Peers whose goodbye stood when something came last. */
  readonly gone = new Set<PeerId>()
  readonly #simulation: Simulation
  readonly #network: Network
  readonly #links = new Map<PeerId, Link>()
  #address: string
  #timer: Timer | undefined
  #dueAt = Number.POSITIVE_INFINITY

  constructor(simulation: Simulation, network: Network, address: string, cipher: Cipher) {
    this.#simulation = simulation
    this.#network = network
    this.#address = address
    this.cipher = cipher
    network.place(address, this)
    this.#scheduleTick()
  }

  get address(): string {
    return this.#address
  }

  /** Moves to another address, as a client that changes its network; its links lead from there. */
  move(address: string): void {
    const remotes = [...this.#links].map(
      ([peer, link]) => [peer, link.remote.slice('sim://'.length)] as const,
    )
    this.#network.place(this.#address, undefined)
    this.#network.place(address, this)
    this.#address = address
    for (const [peer, remote] of remotes) this.use(peer, remote)
  }

  /** Uses the link to an address for a peer. */
  use(peer: PeerId, address: string, stream = false): void {
    this.#links.set(peer, this.#network.link(this.#address, address, stream))
  }

  /** Where a peer is reached now. */
  where(peer: PeerId): string | undefined {
    return this.#links.get(peer)?.remote
  }

  /** Sends packets to a peer; each must be a whole IP packet. */
  send(peer: PeerId, ...packets: (Uint8Array | Packet)[]): void {
    const link = this.#links.get(peer)
    const batch = packets.map((packet) => (packet instanceof Uint8Array ? packetOf(packet) : packet))
    const datagrams = this.cipher.seal(peer, batch, link?.maxDatagram ?? 65_507, this.#simulation.now())
    link?.send(datagrams)
    this.#scheduleTick()
  }

  /** Starts a handshake with a peer. */
  initiate(peer: PeerId): void {
    this.#links.get(peer)?.send(this.cipher.sessions!.initiate(peer, this.#simulation.now()))
    this.#scheduleTick()
  }

  /** Sends a probe to a peer; by another address where one is given. False where the cipher makes none. */
  probe(peer: PeerId, id: number, address?: string, length?: number): boolean {
    const datagram = this.cipher.sessions!.probe(peer, id, this.#simulation.now(), length)
    const link = address ? this.#network.link(this.#address, address) : this.#links.get(peer)
    if (datagram) link?.send([datagram])
    this.#scheduleTick()
    return datagram !== undefined
  }

  /** Begins a trial of the way to an address; beside the session in use unless told otherwise. False if the cipher does not. */
  try(peer: PeerId, id: number, address: string, beside = true): boolean {
    const initiation = this.cipher.sessions!.trials!.begin(peer, id, beside, this.#simulation.now())
    if (initiation) this.#network.link(this.#address, address).send([initiation])
    this.#scheduleTick()
    return initiation !== undefined
  }

  /** Goes on by the session of a trial, at an address from now on. False if it is not there. */
  adopt(peer: PeerId, id: number, address: string): boolean {
    const link = this.#network.link(this.#address, address)
    const first = this.cipher.sessions!.trials!.adopt(peer, id, link.maxDatagram, this.#simulation.now())
    if (first.length > 0) this.#links.set(peer, link)
    link.send(first)
    this.#scheduleTick()
    return first.length > 0
  }

  /** Says goodbye to a peer. False if the cipher does not. */
  sayGoodbye(peer: PeerId): boolean {
    const datagram = this.cipher.sessions!.goodbye!(peer, this.#simulation.now())
    if (datagram) this.#links.get(peer)?.send([datagram])
    return datagram !== undefined
  }

  /** Says what a peer gets that asks for settings. */
  hand(peer: PeerId, settings: ClientSettings): void {
    this.cipher.settings!.push(peer, settings, this.#simulation.now())
    this.#scheduleTick()
  }

  /** Asks a peer for settings from now on, or no more. */
  ask(peer: PeerId, asks = true): void {
    this.cipher.settings!.ask(peer, asks, this.#simulation.now())
    this.#scheduleTick()
  }

  /** Whether there is a session with a peer. */
  live(peer: PeerId): boolean {
    return this.cipher.sessions!.live(peer, this.#simulation.now())
  }

  receive(link: Link, datagrams: readonly Uint8Array[]): void {
    const { opened, replies } = this.cipher.open(link, datagrams, this.#simulation.now())
    for (const { peer, packets, roams, probeReplies, saidGoodbye, settings } of opened) {
      if (saidGoodbye) this.gone.add(peer)
      else this.gone.delete(peer)
      if (roams) this.#links.set(peer, link)
      this.probeReplies.push(...probeReplies)
      if (settings !== undefined) this.settings.push(settings)
      for (const { bytes, segmentSize, checksum } of packets) {
        this.delivered.push({ peer, bytes: Uint8Array.from(bytes), segmentSize, checksum })
      }
    }
    link.send(replies)
    this.#scheduleTick()
  }

  #scheduleTick(): void {
    const { nextTick } = this.cipher
    if (nextTick >= this.#dueAt) return
    this.#timer?.cancel()
    this.#dueAt = nextTick
    this.#timer = this.#simulation.schedule(nextTick - this.#simulation.now(), () => {
      this.#dueAt = Number.POSITIVE_INFINITY
      for (const { peer, datagrams } of this.cipher.tick(this.#simulation.now())) {
        this.#links.get(peer)?.send(datagrams)
      }
      this.#scheduleTick()
    })
  }
}
