import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { type Logger, silentLogger } from '../../../src/core/api/logger.js'
import { packetOf } from '../../../src/core/api/packet.js'
import type { TunDevice, TunHandlers } from '../../../src/core/api/tun-device.js'
import { FirstSender } from '../../../src/core/forwarding/first-sender.js'
import { Pump } from '../../../src/core/forwarding/pump.js'
import { HookChain } from '../../../src/core/hooks/hook-chain.js'
import type { NamedHook } from '../../../src/core/hooks/hook-runner.js'
import { type IpPrefix, parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { createCoalescer, createSegmenter } from '../../../src/core/offload/index.js'
import { AnswerLimit } from '../../../src/core/path-mtu/answer-limit.js'
import type { PeerPath } from '../../../src/core/path-mtu/peer-path.js'
import { Peer, Peers } from '../../../src/core/peers/peers.js'
import { FakeCipher } from '../../support/core/fake-cipher.js'
import { FakeLink } from '../../support/core/fake-link.js'

/** An IPv4 packet between 10.0.0.SOURCE and 10.0.0.DESTINATION with a mark as its last byte. */
export function ipv4(source: number, destination: number, mark = 0): Uint8Array {
  const packet = new Uint8Array(21)
  packet[0] = 0x45
  packet.set([10, 0, 0, source, 10, 0, 0, destination], 12)
  packet[20] = mark
  return packet
}

/** The path to a peer that carries packets of 1240 bytes. */
export function smallPath(): PeerPath {
  const path: Partial<PeerPath> = {
    mtu: 1240,
    maxDatagram: 1272,
    answers: new AnswerLimit(),
    follow() {},
    heed() {},
    sent() {},
  }
  return path as PeerPath
}

/** Peers `a` and `b`, which own 10.0.0.10 to .19 and 10.0.0.20 to .29. */
export class TwoPeers extends Peers {
  readonly a = new Peer('a')
  readonly b = new Peer('b')

  constructor() {
    super()
    this.add(this.a, tenAddresses(10))
    this.add(this.b, tenAddresses(20))
  }
}

function tenAddresses(first: number): IpPrefix[] {
  return Array.from({ length: 10 }, (_, index) => parseIpPrefix(`10.0.0.${first + index}`)!)
}

/** A TUN device that notes the last bytes of the packets that are written, a batch at a time, and when it is paused. */
export class FakeTun implements TunDevice {
  readonly name = 'fake0'
  readonly drops = {}
  readonly written: number[][] = []
  /** Copies of those packets. */
  readonly packets: Uint8Array[] = []
  /** The calls of `pause` and `resume`. */
  readonly pauses: string[] = []
  handlers: TunHandlers | undefined
  /** Called with each batch; may throw. */
  onWrite: () => void = () => {}

  start(handlers: TunHandlers): void {
    this.handlers = handlers
  }

  write(packets: Parameters<TunDevice['write']>[0]): void {
    this.onWrite()
    this.written.push(packets.map(({ bytes }) => bytes.at(-1)!))
    this.packets.push(...packets.map(({ bytes }) => Uint8Array.from(bytes)))
  }

  pause(): void {
    this.pauses.push('pause')
  }

  resume(): void {
    this.pauses.push('resume')
  }

  async close(): Promise<void> {}
}

/** Bytes of the largest packet of the device. */
export const LAB_MTU = 1420

/** A segmenter in memory of its own. */
export const makeSegmenter = () => createSegmenter((bytes) => new Uint8Array(bytes))

/** A coalescer in memory of its own. */
export const makeCoalescer = () => createCoalescer((bytes) => new Uint8Array(bytes), { udp: true })

/** A pump between a fake device and two peers, each with a link, that takes packets through hooks. */
export function pumpLab(hooks: readonly NamedHook[] = [], log: Logger = silentLogger) {
  const clock = new VirtualClock()
  const cipher = new FakeCipher()
  const peers = new TwoPeers()
  const tun = new FakeTun()
  const failures: string[] = []
  const firstSender = new FirstSender()
  const failed = (error: Error) => {
    failures.push(error.message)
  }
  const chain =
    hooks.length > 0 ? new HookChain(hooks, { mtu: LAB_MTU, log, makeSegmenter, makeCoalescer }) : undefined
  const pump = new Pump({
    tun,
    cipher,
    peers,
    firstSender,
    mtu: LAB_MTU,
    segmenter: makeSegmenter(),
    hooks: chain,
    clock,
    log,
    failed,
  })
  const a = new FakeLink('fake://a')
  const b = new FakeLink('fake://b')
  peers.a.link = a
  peers.b.link = b
  pump.start()
  return {
    clock,
    cipher,
    peers,
    tun,
    failures,
    firstSender,
    pump,
    chain,
    a,
    b,
    /** Lets packets leave the host as one batch. */
    leave: (...packets: Uint8Array[]) => tun.handlers!.receive(packets.map(packetOf)),
    /** The last bytes of what was sent by a link. */
    marks: (link: FakeLink) => link.sent.map((datagram) => datagram.at(-1)),
  }
}
