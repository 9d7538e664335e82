import { TunError } from '../core/api/errors.js'
import { MAX_PACKET, type Packet, packetOf } from '../core/api/packet.js'
import type { DeviceChange, TunDevice, TunDriver, TunHandlers, TunOptions } from '../core/api/tun-device.js'
import { textOf } from '../core/ip/ip-network.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'

/** Packets that a device keeps of those written to it, the first ones. */
const MAX_WRITTEN = 65_536

/** Opens devices that touch no kernel: a test, or a program that needs no interface, plays the host. */
export class MemoryTunDriver implements TunDriver {
  /** The open devices by name. */
  readonly devices = new Map<string, MemoryTunDevice>()

  async open(options: TunOptions): Promise<MemoryTunDevice> {
    const name = options.name ?? this.#freeName()
    if (this.devices.has(name)) {
      throw new TunError(`Cannot create the TUN device: '${name}' is in use; choose another name`, {
        code: 'ERR_TUN_NAME',
      })
    }
    await options.made?.(name)
    const device = new MemoryTunDevice(name, options, () => this.devices.delete(name))
    this.devices.set(name, device)
    return device
  }

  #freeName(): string {
    let number = 0
    while (this.devices.has(`memory${number}`)) number++
    return `memory${number}`
  }
}

/** A TUN device in memory. */
export class MemoryTunDevice implements TunDevice {
  readonly name: string
  options: TunOptions
  readonly drops = { oversized: 0, overflow: 0 }
  /** Copies of the packets that were written while there was no `host`; a test may empty it. */
  readonly written: Uint8Array[] = []
  /** Whether the reader asked for no more packets; `inject` delivers them all the same. */
  paused = false
  /** Takes the packets that are written. They are lent. */
  host: ((packets: readonly Packet[]) => void) | undefined
  readonly #onClose: () => void
  #handlers: TunHandlers | undefined
  #closed = false

  constructor(name: string, options: TunOptions, onClose: () => void) {
    this.name = name
    this.options = options
    this.#onClose = onClose
  }

  start(handlers: TunHandlers): void {
    this.#handlers = handlers
  }

  /** Lets packets leave the host, as one batch of copies. Before `start` and after `close` they are lost. */
  inject(...packets: readonly Uint8Array[]): void {
    if (!this.#closed) this.#handlers?.receive(packets.map(packetOf))
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  async changeRoutes(added: readonly IpPrefix[], removed: readonly IpPrefix[]): Promise<void> {
    const gone = new Set([...removed, ...added].map(({ text }) => text)) // added ones may be there already
    const routes = [...this.options.routes.filter(({ text }) => !gone.has(text)), ...added]
    this.options = { ...this.options, routes }
  }

  async change({ addresses, mtu, routes }: DeviceChange): Promise<void> {
    await this.changeRoutes(routes.added, routes.removed)
    const gone = new Set(addresses.removed.map(({ address }) => textOf(address)))
    const added = addresses.added.map(({ address, bits }) => ({
      local: textOf(address),
      peer: undefined,
      prefix: bits,
    }))
    const kept = this.options.addresses.filter(({ local }) => !gone.has(local))
    this.options = { ...this.options, mtu: mtu ?? this.options.mtu, addresses: [...kept, ...added] }
  }

  /** Ends the device as an error of the kernel's would. */
  fail(error: Error): void {
    if (this.#closed) return
    void this.close()
    this.#handlers?.failed(error)
  }

  write(packets: readonly Packet[]): void {
    if (this.#closed) return
    if (this.host) this.host(packets)
    else this.#keep(packets)
  }

  #keep(packets: readonly Packet[]): void {
    for (const { bytes } of packets) {
      if (bytes.length > MAX_PACKET) this.drops.oversized++
      else if (this.written.length >= MAX_WRITTEN) this.drops.overflow++
      else this.written.push(Uint8Array.from(bytes))
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#onClose()
  }
}
