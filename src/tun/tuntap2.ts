import fs from 'node:fs'
import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import { inject, injectable } from 'tsyringe'
import { asError, TunError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import type { Packet } from '../core/api/packet.js'
import type { DeviceChange, TunDevice, TunDriver, TunHandlers, TunOptions } from '../core/api/tun-device.js'
import { LOGGER } from '../core/injection/tokens.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'
import { createSegmenter } from '../core/offload/index.js'
import { changeInterface } from './change-interface.js'
import { deviceError } from './device-error.js'
import {
  changeRoutes,
  checkInterfaceName,
  configureInterface,
  deleteInterface,
  renameInterface,
} from './ip-command.js'
import { LoopReader } from './loop-reader.js'
import type { PacketReader } from './packet-reader.js'
import { PoolReader } from './pool-reader.js'

/** What is used of the package's LinuxTun. */
interface LinuxTun extends Duplex {
  readonly name: string
  /** Its descriptor. */
  readonly _fd: number
  release(callback: () => void): void
}

const require = createRequire(import.meta.url)

/** TUN devices by the package tuntap2: the portable way, without koffi. It knows no super-packets. */
@injectable()
export class Tuntap2Driver implements TunDriver {
  readonly #log: Logger

  constructor(@inject(LOGGER) log: Logger) {
    this.#log = log
  }

  async open(options: TunOptions): Promise<TunDevice> {
    if (options.name !== undefined) checkInterfaceName(options.name)
    const tun = openLinuxTun()
    // Whatever fails below, its streams must not throw while the device goes away.
    tun.on('error', () => {})
    const name = options.name ?? tun.name
    try {
      if (name !== tun.name) await renameInterface(tun.name, name)
      const share = await options.made?.(name)
      await configureInterface(name, { ...options, ...share })
      return new Tuntap2Device(tun._fd, this.#reader(tun, name), name, options.routingTable)
    } catch (thrown) {
      await release(tun, tun.name)
      throw thrown
    }
  }

  #reader(tun: LinuxTun, name: string): PacketReader {
    try {
      return new LoopReader(tun._fd)
    } catch (thrown) {
      const why = asError(thrown).message
      this.#log.info('reading the TUN device in a thread, which is slower', { why })
      return new PoolReader(tun._fd, () => release(tun, name))
    }
  }
}

/** Writes to the package's descriptor itself: its streams take fresh memory for each packet. */
class Tuntap2Device implements TunDevice {
  readonly name: string
  readonly #descriptor: number
  readonly #reader: PacketReader
  readonly #routingTable: number | undefined
  /** The far end may send super-packets, which this device knows nothing of. */
  readonly #segmenter = createSegmenter((bytes) => new Uint8Array(bytes))
  #refused = 0
  #closing: Promise<void> | undefined

  constructor(descriptor: number, reader: PacketReader, name: string, routingTable: number | undefined) {
    this.#descriptor = descriptor
    this.#reader = reader
    this.name = name
    this.#routingTable = routingTable
  }

  get drops(): Readonly<Record<string, number>> {
    return { refused: this.#refused, ...this.#segmenter.drops }
  }

  start(handlers: TunHandlers): void {
    this.#reader.start({
      receive: (packets) => handlers.receive(packets),
      failed: (error) => handlers.failed(this.#failure(error)),
    })
  }

  write(packets: readonly Packet[]): void {
    if (this.#closing !== undefined) return
    for (const batch of this.#segmenter.segment(packets, 'full')) this.#writeAll(batch)
  }

  pause(): void {
    this.#reader.pause()
  }

  resume(): void {
    this.#reader.resume()
  }

  changeRoutes(added: readonly IpPrefix[], removed: readonly IpPrefix[]): Promise<void> {
    return changeRoutes(this.name, this.#routingTable, added, removed)
  }

  change(change: DeviceChange): Promise<void> {
    return changeInterface(this.name, this.#routingTable, change)
  }

  close(): Promise<void> {
    this.#closing ??= this.#reader.close()
    return this.#closing
  }

  #writeAll(packets: readonly Packet[]): void {
    for (const { bytes } of packets) {
      try {
        fs.writeSync(this.#descriptor, bytes)
      } catch {
        this.#refused++ // it is no IP packet, or the interface is down
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
