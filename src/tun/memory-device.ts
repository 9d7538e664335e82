import { TunError } from '../core/api/errors.js'
import { MAX_PACKET, type Packet, packetOf } from '../core/api/packet.js'
import type { DeviceChange, TunDevice, TunDriver, TunHandlers, TunOptions } from '../core/api/tun-device.js'
import { createSegmenter, type Segmenter } from '../core/offload/index.js'

/** Packets that wait for `receive`: no more come in one pass. */
const MAX_WAITING = 4_096

/** What a program says of a device of its own. */
export interface MemoryDeviceOptions {
  /**
   * Takes packets that came through the tunnel, in their order: each whole, from its IP header on, with full checksums. They
   * are copies and the program's to keep. It is called when the tunnel's own work is done, so it may use the tunnel;
   * what it throws is the program's own matter.
   */
  receive(packets: readonly Uint8Array[]): void
}

/** A device of a program's own, which is no interface of the host: the program gives it packets and takes them. */
export interface MemoryDevice extends TunDriver {
  /** Bytes of the largest packet that it carries whole; 0 before its tunnel is up. */
  readonly mtu: number
  /** Packets dropped so far, by cause. */
  readonly drops: Readonly<Record<string, number>>
  /**
   * Gives IP packets to the tunnel, as one batch of copies. What is larger than an IP packet can be is dropped and counted.
   *
   * @returns whether the tunnel took them: it takes none before it is up, after its end, and while what carries it is busy.
   */
  send(...packets: readonly Uint8Array[]): boolean
  /**
   * Resolves once the tunnel takes packets, at once if it does.
   *
   * @throws TunError ERR_TUN_FAILED if its tunnel ends before.
   */
  ready(): Promise<void>
}

/**
 * Makes a device for the option `device` of `createTunnel`. It belongs to one tunnel at a time.
 *
 * @param options who takes the packets that come.
 * @throws nothing.
 * @example
 * const device = memoryDevice({ receive: (packets) => came.push(...packets) })
 * const tunnel = await createTunnel(configuration, { device })
 * await tunnel.start()
 * device.send(packet)
 */
export function memoryDevice(options: MemoryDeviceOptions): MemoryDevice {
  return new ProgramDevice(options)
}

/** Who waits for the tunnel. */
interface Waiting {
  resolve(): void
  reject(error: Error): void
}

class ProgramDevice implements MemoryDevice {
  readonly #receive: MemoryDeviceOptions['receive']
  readonly #waiting = new Set<Waiting>()
  readonly #drops = { oversized: 0, overflow: 0 }
  /** Far ends with a kernel may send super-packets; where none do, its memory is not taken. */
  #segmenter: Segmenter | undefined
  /** What came and is not told yet. */
  #came: Uint8Array[] = []
  #opened: OpenDevice | undefined

  constructor({ receive }: MemoryDeviceOptions) {
    this.#receive = receive
  }

  get mtu(): number {
    return this.#opened?.mtu ?? 0
  }

  get drops(): Readonly<Record<string, number>> {
    return { ...this.#drops, ...this.#segmenter?.drops }
  }

  async open({ made, mtu, name = 'memory' }: TunOptions): Promise<TunDevice> {
    if (this.#opened !== undefined) {
      const why = 'another tunnel has it; make one for each'
      throw new TunError(`Cannot open the device of the program: ${why}`, { code: 'ERR_TUN_NAME' })
    }
    const opened = new OpenDevice(name, mtu, {
      came: (packets) => this.#take(packets),
      drops: () => this.drops,
      ready: () => this.#settle(({ resolve }) => resolve()),
      closed: () => {
        this.#opened = undefined
        this.#settle(({ reject }) => reject(ended()))
      },
    })
    this.#opened = opened
    try {
      await made?.(name)
    } catch (thrown) {
      await opened.close()
      throw thrown
    }
    return opened
  }

  send(...packets: readonly Uint8Array[]): boolean {
    if (!this.#opened?.isReady) return false
    const fitting = packets.filter(({ length }) => length <= MAX_PACKET)
    this.#drops.oversized += packets.length - fitting.length
    if (fitting.length > 0) this.#opened.leave(fitting.map(packetOf))
    return true
  }

  ready(): Promise<void> {
    if (this.#opened?.isReady) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiting.add({ resolve, reject })
    })
  }

  #settle(settle: (waiting: Waiting) => void): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    waiting.forEach(settle)
  }

  #take(packets: readonly Packet[]): void {
    if (packets.every(({ checksum, segmentSize }) => segmentSize === 0 && checksum === 'full')) {
      this.#keep(packets)
      return
    }
    this.#segmenter ??= createSegmenter((bytes) => new Uint8Array(bytes))
    for (const batch of this.#segmenter.segment(packets, 'full')) this.#keep(batch)
  }

  /** Copies for later: packets are lent, and come in the midst of the pump's work. */
  #keep(packets: readonly Packet[]): void {
    if (this.#came.length === 0) queueMicrotask(() => this.#tell())
    for (const { bytes } of packets) {
      if (this.#came.length < MAX_WAITING) this.#came.push(Uint8Array.from(bytes))
      else this.#drops.overflow++
    }
  }

  #tell(): void {
    const came = this.#came
    this.#came = []
    this.#receive(came)
  }
}

interface OpenHandlers {
  /** Packets came through the tunnel. They are lent. */
  came(packets: readonly Packet[]): void
  drops(): Readonly<Record<string, number>>
  ready(): void
  closed(): void
}

/** The device while a tunnel has it. */
class OpenDevice implements TunDevice {
  readonly name: string
  mtu: number
  readonly #handlers: OpenHandlers
  #tunnel: TunHandlers | undefined
  #isPaused = false
  #isClosed = false

  constructor(name: string, mtu: number, handlers: OpenHandlers) {
    this.name = name
    this.mtu = mtu
    this.#handlers = handlers
  }

  /** Whether the tunnel takes packets. */
  get isReady(): boolean {
    return this.#tunnel !== undefined && !this.#isPaused && !this.#isClosed
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#handlers.drops()
  }

  start(handlers: TunHandlers): void {
    this.#tunnel = handlers
    if (this.isReady) this.#handlers.ready()
  }

  /** Lets packets leave by the tunnel. */
  leave(packets: readonly Packet[]): void {
    this.#tunnel!.receive(packets)
  }

  write(packets: readonly Packet[]): void {
    if (!this.#isClosed) this.#handlers.came(packets)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    if (this.isReady) this.#handlers.ready()
  }

  /** The program itself knows what it sends. */
  async changeRoutes(): Promise<void> {}

  async change({ mtu }: DeviceChange): Promise<void> {
    this.mtu = mtu ?? this.mtu
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#handlers.closed()
  }
}

function ended(): TunError {
  return new TunError('Cannot send packets: the tunnel of the device ended', { code: 'ERR_TUN_FAILED' })
}
