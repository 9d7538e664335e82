import fs from 'node:fs'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import { injectable } from 'tsyringe'
import { asError, TunError } from '../core/errors.js'
import type { IpPrefix } from '../core/ip-prefix.js'
import { HEADROOM, MAX_PACKET, type Packet, TAILROOM } from '../core/packet.js'
import type { DeviceChange, TunDevice, TunDriver, TunHandlers, TunOptions } from '../core/tun-device.js'
import { changeInterface } from './change-interface.js'
import { deviceError } from './device-error.js'
import {
  changeRoutes,
  checkInterfaceName,
  configureInterface,
  deleteInterface,
  renameInterface,
} from './ip-command.js'
import { createSplitter } from './offload/index.js'

/** What is used of the package's LinuxTun. */
interface LinuxTun extends Duplex {
  readonly name: string
  /** Its descriptor. */
  readonly _fd: number
  release(callback: () => void): void
}

const require = createRequire(import.meta.url)

/**
 * TUN devices by the package tuntap2: the portable way, without koffi. A wake-up of libuv's thread pool brings one
 * packet, so it is several times slower than the driver `linux`.
 */
@injectable()
export class Tuntap2Driver implements TunDriver {
  async open(options: TunOptions): Promise<TunDevice> {
    if (options.name !== undefined) checkInterfaceName(options.name)
    const tun = openLinuxTun()
    // Whatever fails below, its streams must not throw while the device goes away.
    tun.on('error', () => {})
    const name = options.name ?? tun.name
    try {
      if (name !== tun.name) await renameInterface(tun.name, name)
      await options.made?.(name)
      await configureInterface(name, options)
      return new Tuntap2Device(tun, name, options.routingTable)
    } catch (thrown) {
      await release(tun, tun.name)
      throw thrown
    }
  }
}

/**
 * Reads and writes the package's descriptor itself: its streams take fresh memory for each packet. A read waits
 * in libuv's thread pool; a write does not block.
 */
class Tuntap2Device implements TunDevice {
  readonly name: string
  readonly drops = { refused: 0 }
  readonly #tun: LinuxTun
  readonly #routingTable: number | undefined
  readonly #input = new Uint8Array(HEADROOM + MAX_PACKET + TAILROOM)
  readonly #packet: Packet = { bytes: this.#input, segmentSize: 0, checksum: 'full' }
  /** The far end may send super-packets, which this device knows nothing of. */
  readonly #splitter = createSplitter((bytes) => new Uint8Array(bytes))
  #handlers: TunHandlers | undefined
  #reading = false
  #paused = false
  #closing: Promise<void> | undefined

  constructor(tun: LinuxTun, name: string, routingTable: number | undefined) {
    this.#tun = tun
    this.name = name
    this.#routingTable = routingTable
  }

  start(handlers: TunHandlers): void {
    this.#handlers = handlers
    this.#read()
  }

  write(packets: readonly Packet[]): void {
    if (this.#closing === undefined) this.#splitter.split(packets, 'full', this.#writeAll)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#read()
  }

  changeRoutes(added: readonly IpPrefix[], removed: readonly IpPrefix[]): Promise<void> {
    return changeRoutes(this.name, this.#routingTable, added, removed)
  }

  change(change: DeviceChange): Promise<void> {
    return changeInterface(this.name, this.#routingTable, change)
  }

  close(): Promise<void> {
    this.#closing ??= release(this.#tun, this.name)
    return this.#closing
  }

  #read(): void {
    if (this.#reading || this.#paused || this.#closing !== undefined) return
    this.#reading = true
    fs.read(this.#tun._fd, this.#input, HEADROOM, MAX_PACKET, null, this.#wasRead)
  }

  readonly #wasRead = (error: Error | null, length: number): void => {
    this.#reading = false
    if (this.#closing !== undefined) return
    if (error !== null) {
      this.#handlers?.failed(this.#failure(error))
      return
    }
    this.#packet.bytes = this.#input.subarray(HEADROOM, HEADROOM + length)
    this.#handlers?.receive([this.#packet])
    this.#read()
  }

  readonly #writeAll = (packets: readonly Packet[]): void => {
    for (const { bytes } of packets) {
      try {
        fs.writeSync(this.#tun._fd, bytes)
      } catch {
        this.drops.refused++ // it is no IP packet, or the interface is down
      }
    }
  }

  #failure(error: Error): TunError {
    const options = { code: 'ERR_TUN_FAILED', cause: error } as const
    return new TunError(`Cannot read from ${this.name}: ${error.message}`, options)
  }
}

function openLinuxTun(): LinuxTun {
  let module: { LinuxTun: new () => LinuxTun }
  try {
    module = require('tuntap2')
  } catch (thrown) {
    const help =
      "run 'npm install' where a C++ compiler, make and Python are installed, or use --tun-driver linux"
    const why = asError(thrown).message.split('\n')[0]
    throw new TunError(`Cannot load the package tuntap2: ${why}; ${help}`, {
      code: 'ERR_TUN_MISSING',
      cause: thrown,
    })
  }
  try {
    return new module.LinuxTun()
  } catch (thrown) {
    throw deviceError(thrown)
  }
}

/**
 * A thread of libuv's pool is blocked in read() until a packet comes, and neither the stream nor the process
 * could end before: removing the interface wakes it.
 */
async function release(tun: LinuxTun, name: string): Promise<void> {
  await deleteInterface(name)
  await new Promise<void>((resolve) => tun.release(resolve))
}
