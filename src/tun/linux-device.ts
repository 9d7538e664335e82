import fs from 'node:fs'
import { constants } from 'node:os'
import { asError, TunError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import { MAX_PACKET, type Packet } from '../core/api/packet.js'
import type { Joiner, JoiningDevice } from '../core/api/trains.js'
import type { DeviceChange, TunDevice, TunHandlers } from '../core/api/tun-device.js'
import { offsetOf } from '../core/bytes/views.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'
import {
  type Coalescer,
  createCoalescer,
  createJoiner,
  createUntakenCutter,
  type Offload,
  type UntakenCutter,
} from '../core/offload/index.js'
import type { Region } from '../native/base/arena.js'
import { errnoName } from '../native/base/libc.js'
import type { Native } from '../native/base/native.js'
import { ScratchMemory } from '../native/base/scratch-memory.js'
import { READABLE, type Watcher } from '../native/base/watcher.js'
import { changeInterface, changeRoutes } from './netlink-interface.js'
import { BATCH_BYTES, MAX_BATCH, PacketBatch } from './packet-batch.js'
import { decodeHeader, encodeHeader, VIRTIO_HEADER } from './virtio.js'

const { EAGAIN, EINTR } = constants.errno

/** What a device is told besides its descriptor. */
export interface LinuxDeviceOptions {
  readonly name: string
  readonly offload: Offload
  /** The number of the routing table for what is reached by it; the main one if absent. */
  readonly routingTable: number | undefined
  readonly log: Logger
}

/**
 * A TUN device on its bare descriptor, opened with IFF_VNET_HDR: each packet is preceded by a header that tells
 * super-packets and partial checksums.
 */
export class LinuxTunDevice implements TunDevice, JoiningDevice {
  readonly name: string
  /** Undefined if the kernel takes no super-packets. */
  readonly joiner: Joiner | undefined
  readonly #drops = { refused: 0, malformed: 0, oversized: 0 }
  readonly #native: Native
  readonly #fd: number
  readonly #routingTable: number | undefined
  readonly #log: Logger
  readonly #input: Region
  /** What was read and not delivered yet, in the input. */
  readonly #batch: PacketBatch
  /** Where packets that do not lie in the arena are copied to for writing. */
  readonly #output: Region
  readonly #scratch = new ScratchMemory()
  readonly #coalescer: Coalescer | undefined
  /** Absent if the kernel takes all. */
  readonly #cutter: UntakenCutter | undefined
  #handlers: TunHandlers | undefined
  #watcher: Watcher | undefined
  #paused = false
  /** Whether the last wake-up brought one packet. */
  #alone = true
  #closing: Promise<void> | undefined

  constructor(native: Native, fd: number, { name, offload, routingTable, log }: LinuxDeviceOptions) {
    this.name = name
    this.#native = native
    this.#fd = fd
    this.#routingTable = routingTable
    this.#log = log
    this.#input = native.arena.reserve(BATCH_BYTES)
    this.#batch = new PacketBatch(this.#input.bytes)
    this.#output = native.arena.reserve(VIRTIO_HEADER + MAX_PACKET)
    if (offload.tcp) {
      this.#coalescer = createCoalescer(this.#scratch.allocate, { udp: offload.udp })
      this.joiner = createJoiner(this.#scratch.allocate, { udp: offload.udp })
    }
    if (!offload.udp) this.#cutter = createUntakenCutter(this.#scratch.allocate, offload)
  }

  get drops(): Readonly<Record<string, number>> {
    const { malformed = 0, segments = 0 } = this.#cutter?.drops ?? {}
    return { ...this.#drops, malformed: this.#drops.malformed + malformed + segments }
  }

  start(handlers: TunHandlers): void {
    this.#handlers = handlers
    this.#watcher = this.#native.watchers.watch(
      this.#fd,
      () => this.#read(handlers),
      (thrown) => this.#fail(asError(thrown)),
    )
  }

  write(packets: readonly Packet[]): void {
    if (this.#closing !== undefined) return
    if (this.#cutter === undefined) this.#writeAll(packets)
    else for (const batch of this.#cutter.cut(packets)) this.#writeAll(batch)
  }

  pause(): void {
    this.#paused = true
    this.#watcher?.want(0)
  }

  resume(): void {
    this.#paused = false
    if (this.#closing === undefined) this.#watcher?.want(READABLE)
  }

  async changeRoutes(added: readonly IpPrefix[], removed: readonly IpPrefix[]): Promise<void> {
    changeRoutes(this.name, this.#routingTable, added, removed)
  }

  async change(change: DeviceChange): Promise<void> {
    changeInterface(this.name, this.#routingTable, change)
  }

  close(): Promise<void> {
    this.#closing ??= this.#release()
    return this.#closing
  }

  /**
   * Reads what is there and delivers it; no more than a batch, so that the other direction gets its turn. If the last
   * wake-up brought one packet alone, the first of this one does not wait until it is known whether others follow.
   */
  #read(handlers: TunHandlers): void {
    const waits = !this.#alone
    const batch = this.#batch
    let count = 0
    while (count < MAX_BATCH && !batch.full && !this.#paused) {
      if (!this.#readOne(batch)) break
      count++
      if (count === 1 && !waits && batch.packets.length > 0) this.#deliver(handlers)
    }
    this.#alone = count === 1
    if (batch.packets.length > 0) this.#deliver(handlers)
  }

  /** Reads a packet into the batch. False if none is there. */
  #readOne(batch: PacketBatch): boolean {
    const { arena, libc } = this.#native
    const { at } = batch
    const room = VIRTIO_HEADER + MAX_PACKET
    const length = libc.read(this.#fd, arena.address(at - VIRTIO_HEADER), room) - VIRTIO_HEADER
    if (length <= 0) {
      if (length < -VIRTIO_HEADER) this.#readFailed(libc.errno())
      return false
    }
    if (!decodeHeader(arena.bytes, at - VIRTIO_HEADER, batch.take(length))) {
      batch.drop()
      this.#drops.malformed++
    }
    return true
  }

  #deliver(handlers: TunHandlers): void {
    const batch = this.#batch
    handlers.receive(batch.packets)
    batch.clear()
  }

  #writeAll(packets: readonly Packet[]): void {
    for (const packet of this.#coalescer?.coalesce(packets) ?? packets) this.#writeOne(packet)
  }

  /**
   * The header goes where the packet's room is, over bytes that are done with: packets are written in the order
   * in which they lie.
   */
  #writeOne(packet: Packet): void {
    const { arena, libc } = this.#native
    const { length } = packet.bytes
    let at = offsetOf(packet.bytes) - VIRTIO_HEADER
    if (length > MAX_PACKET) {
      this.#drops.oversized++
      return
    }
    if (arena.addressOf(packet.bytes) === undefined || at < 0) {
      at = this.#output.offset
      arena.bytes.set(packet.bytes, at + VIRTIO_HEADER)
    }
    if (!encodeHeader(packet, arena.bytes, at)) this.#drops.malformed++
    else if (libc.write(this.#fd, arena.address(at), VIRTIO_HEADER + length) < 0) this.#refused(libc.errno())
  }

  /** The kernel refuses anything but an IP packet (EINVAL), and everything while the interface is down (EIO). */
  #refused(errno: number): void {
    this.#drops.refused++
    this.#log.debug('the TUN device refused a packet', { device: this.name, why: errnoName(errno) })
  }

  #readFailed(errno: number): void {
    if (errno === EAGAIN || errno === EINTR) return
    const why = errnoName(errno)
    const gone =
      why === 'EBADFD' || why === 'errno 77' ? 'the interface was removed' : `the kernel says ${why}`
    this.#fail(new TunError(`Cannot read from ${this.name}: ${gone}`, { code: 'ERR_TUN_FAILED' }))
  }

  #fail(error: Error): void {
    this.#watcher?.want(0)
    this.#handlers?.failed(error)
  }

  async #release(): Promise<void> {
    await this.#watcher?.close()
    fs.closeSync(this.#fd)
    this.#input.release()
    this.#output.release()
    this.#scratch.release()
  }
}
