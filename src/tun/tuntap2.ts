import { createRequire } from 'node:module'
import type { Duplex } from 'node:stream'
import { injectable } from 'tsyringe'
import { asError, TunError } from '../core/errors.js'
import { type Packet, packetOf } from '../core/packet.js'
import type { TunDevice, TunDriver, TunHandlers, TunOptions } from '../core/tun-device.js'
import { deviceError } from './device-error.js'
import { checkInterfaceName, configureInterface, deleteInterface, renameInterface } from './ip-command.js'
import { createSplitter } from './offload/index.js'

/** What is used of the package's LinuxTun. */
interface LinuxTun extends Duplex {
  readonly name: string
  release(callback: () => void): void
}

const require = createRequire(import.meta.url)

/**
 * Packets that wait for the thread that writes them. Beyond that the package's stream is not keeping up and
 * packets are dropped, as an interface's queue would.
 */
const MAX_WRITE_BYTES = 1 << 20

/**
 * TUN devices by the package tuntap2: the portable way, without koffi. Its reads and writes run in libuv's
 * thread pool, a packet each, so it is several times slower than the driver `linux`.
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
      await configureInterface(name, options)
      return new Tuntap2Device(tun, name)
    } catch (thrown) {
      await release(tun, tun.name)
      throw thrown
    }
  }
}

class Tuntap2Device implements TunDevice {
  readonly name: string
  readonly drops = { refused: 0, overflow: 0 }
  readonly #tun: LinuxTun
  /** The far end may send super-packets, which this device knows nothing of. */
  readonly #splitter = createSplitter((bytes) => new Uint8Array(bytes))
  #closing: Promise<void> | undefined

  constructor(tun: LinuxTun, name: string) {
    this.#tun = tun
    this.name = name
  }

  start(handlers: TunHandlers): void {
    this.#tun.on('error', (error) => {
      if (this.#closing === undefined) handlers.failed(this.#failure(error))
    })
    this.#tun.on('data', (chunk: Uint8Array) => {
      if (this.#closing !== undefined) return
      try {
        handlers.receive([packetOf(chunk)])
      } catch (thrown) {
        handlers.failed(asError(thrown))
      }
    })
  }

  write(packets: readonly Packet[]): void {
    if (this.#closing === undefined) this.#splitter.split(packets, 'full', this.#writeAll)
  }

  readonly #writeAll = (packets: readonly Packet[]): void => {
    for (const { bytes } of packets) {
      if (this.#tun.writableLength + bytes.length > MAX_WRITE_BYTES) this.drops.overflow++
      else this.#tun.write(Buffer.from(bytes)) // the stream keeps it, so it is copied
    }
  }

  pause(): void {
    this.#tun.pause()
  }

  resume(): void {
    this.#tun.resume()
  }

  close(): Promise<void> {
    this.#closing ??= release(this.#tun, this.name)
    return this.#closing
  }

  #failure(error: Error): TunError {
    const options = { code: 'ERR_TUN_FAILED', cause: error } as const
    return new TunError(`Cannot use ${this.name}: ${error.message}`, options)
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
