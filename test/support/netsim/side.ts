import type { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import type { Cipher, PeerId } from '../../../src/core/api/cipher.js'
import type { Fields, Logger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import { statelessCipher } from '../../../src/core/api/stateless-cipher.js'
import type { Listener, Transport } from '../../../src/core/api/transport.js'
import { Connector } from '../../../src/core/connector/connector.js'
import { FirstSender } from '../../../src/core/forwarding/first-sender.js'
import { Pump } from '../../../src/core/forwarding/pump.js'
import { EVERYTHING } from '../../../src/core/ip/ip-prefix.js'
import { createSegmenter } from '../../../src/core/offload/index.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'
import { MemoryTunDevice } from '../../../src/tun/memory.js'
import type { Carrier } from './carrier.js'
import { SessionCipher } from './session-cipher.js'

/** What an end is made of. */
export interface SideOptions {
  readonly clock: VirtualClock
  /** By scheme. */
  readonly carriers: Readonly<Record<string, Pick<Carrier, 'transport'>>>
  readonly endpoints?: readonly string[]
  /** Whether the cipher has sessions; otherwise it proves nothing, as xor. */
  readonly sessions?: boolean
  /** Whether several far ends have one key. */
  readonly sharedIdentity?: boolean
  /** A real cipher, and its name for the peer. */
  readonly sealed?: { readonly cipher: Cipher; readonly far: PeerId } | undefined
}

const DEVICE = { name: 'memory0', mtu: 1420, addresses: [], routes: [] }

/** One end of a tunnel: pump and connector with a simple cipher, a device in memory and carriers that fail. */
export class Side {
  readonly pump: Pump
  readonly connector: Connector | undefined
  readonly cipher: SessionCipher
  readonly peer: Peer
  readonly tun = new MemoryTunDevice('memory0', DEVICE, () => {})
  readonly failures: string[] = []
  /** Lines of the log from `info` on. */
  readonly log: string[] = []
  readonly #clock: VirtualClock
  readonly #sessions: Cipher['sessions']
  readonly #transports: Map<string, Transport>
  #listeners: Listener[] = []

  constructor({
    clock,
    carriers,
    endpoints = [],
    sessions = true,
    sealed,
    sharedIdentity = false,
  }: SideOptions) {
    const far = sealed?.far ?? 'far'
    this.peer = new Peer(far)
    this.peer.sharedIdentity = sharedIdentity
    this.#clock = clock
    this.#transports = new Map(
      Object.entries(carriers).map(([scheme, carrier]) => [`${scheme}:`, carrier.transport()]),
    )
    this.cipher = new SessionCipher()
    const plain = statelessCipher('far', { seal: (packet) => packet, open: (datagram) => datagram })
    const cipher = sealed?.cipher ?? (sessions ? this.cipher : plain)
    this.#sessions = cipher.sessions
    const firstSender = new FirstSender()
    const log = logTo(this.log)
    const failed = (error: Error) => {
      this.failures.push(error.message)
    }
    const peers = new Peers()
    peers.add(this.peer, EVERYTHING)
    const segmenter = createSegmenter((bytes) => new Uint8Array(bytes))
    const { mtu } = DEVICE
    this.pump = new Pump({ tun: this.tun, mtu, cipher, clock, firstSender, log, failed, peers, segmenter })
    this.pump.start()
    if (endpoints.length === 0) return
    this.connector = new Connector({
      peer: this.peer,
      endpoints: endpoints.map((endpoint) => new URL(endpoint)),
      dial: (endpoint, wait) => this.#transports.get(endpoint.protocol)!.dial(endpoint, this.pump, wait),
      traits: ({ protocol }) => ({
        ...this.#transports.get(protocol)!,
        ...(protocol.startsWith('ws') && { idleProbe: 15_000 }),
      }),
      sessions: cipher.sessions,
      keepalive: (now) => cipher.seal(far, [packetOf(new Uint8Array())], 1280, now),
      use: (link) => {
        this.peer.link = link
        if (link === undefined) return
        firstSender.fix(link)
        this.pump.paths.came(link, clock.now())
      },
      run: (work) => this.pump.run(work),
      clock,
      log,
      random: () => 0.5,
    })
    this.peer.chooser = this.connector
  }

  /** Bytes of datagrams for the peer and of it so far. */
  get carried(): { readonly sent: number; readonly received: number } {
    return { ...this.#sessions!.carried!(this.peer.id) }
  }

  /** Where packets go now. */
  get remote(): string | undefined {
    return this.peer.link?.remote
  }

  async listen(...endpoints: string[]): Promise<void> {
    for (const endpoint of endpoints.map((text) => new URL(text))) {
      const transport = this.#transports.get(endpoint.protocol)!
      this.#listeners.push(await transport.listen(endpoint, this.pump))
    }
  }

  async unlisten(): Promise<void> {
    for (const listener of this.#listeners.splice(0)) await listener.close()
  }

  /** Sends back each packet that it gets. */
  echo(): void {
    this.tun.host = (packets) => {
      for (const packet of packets.map(({ bytes }) => Uint8Array.from(bytes))) {
        this.#clock.schedule(0, () => this.tun.inject(packet))
      }
    }
  }

  async stop(): Promise<void> {
    await this.connector?.stop()
    await this.unlisten()
    this.pump.stop()
  }
}

function logTo(lines: string[]): Logger {
  const line = (message: string, fields: Fields = {}) => {
    lines.push(
      `${message} ${Object.entries(fields)
        .map(([key, value]) => `${key}=${value}`)
        .join(' ')}`.trim(),
    )
  }
  return { debug() {}, info: line, warn: line, error: line }
}
