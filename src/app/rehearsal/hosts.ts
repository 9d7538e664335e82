import fs from 'node:fs'
import { silentLogger } from '../../core/api/logger.js'
import { MAX_PACKET, type Packet } from '../../core/api/packet.js'
import type { TunDevice, TunDriver } from '../../core/api/tun-device.js'
import { offsetOf } from '../../core/bytes/views.js'
import type { Region } from '../../native/base/arena.js'
import type { Native } from '../../native/base/native.js'
import { SO_SNDBUF, SOL_SOCKET } from '../../native/base/sockets.js'
import { openPacketPair } from '../../native/sockets/packet-pair.js'
import { setOption } from '../../native/sockets/socket-calls.js'
import { LinuxTunDevice } from '../../tun/linux-device.js'
import { MemoryTunDriver } from '../../tun/memory.js'
import { encodeHeader, VIRTIO_HEADER } from '../../tun/virtio.js'

/** The name of the driver of these devices, within the containers of a rehearsal. */
export const DRIVER = 'rehearsal'

/** Stands in for a host's kernel: sends packets into a tunnel's device, and takes those that come out. */
export interface RehearsedHost {
  /** Packets lie in the arena, if there is one. Those that the device has no room for are lost. */
  send(packets: readonly Packet[]): void
  /** Takes what came out of the device. Returns the number of packets. */
  take(): number
  /** Idempotent. Afterwards `send` loses packets, and `take` returns 0. */
  close(): void
}

/** Opens devices that are no interfaces, each with its host. */
export interface RehearsedHosts extends TunDriver {
  /** The host of the device of that name, to be closed by the caller; undefined if none was opened. */
  host(name: string): RehearsedHost | undefined
  /** Whether devices take super-packets and partial checksums. */
  readonly offloads: boolean
}

/** Linux TUN devices on pairs of sockets in place of /dev/net/tun: the device has one, its host the other. */
export class SocketHosts implements RehearsedHosts {
  readonly offloads = true
  readonly #native: Native
  readonly #hosts = new Map<string, SocketHost>()

  constructor(native: Native) {
    this.#native = native
  }

  async open({ name = '' }: { readonly name: string | undefined }): Promise<TunDevice> {
    const [fd, hostFd] = openPacketPair(this.#native)
    let host: SocketHost | undefined
    try {
      host = new SocketHost(this.#native, hostFd)
      // No subclass: V8 throws away code that it optimized for another class.
      const options = { name, offload: { tcp: true, udp: true }, routingTable: undefined, log: silentLogger }
      const device = new LinuxTunDevice(this.#native, fd, options)
      this.#hosts.set(name, host)
      return device
    } catch (thrown) {
      fs.closeSync(fd)
      if (host === undefined) fs.closeSync(hostFd)
      else host.close()
      throw thrown
    }
  }

  host(name: string): RehearsedHost | undefined {
    return this.#hosts.get(name)
  }
}

/** Bytes that the kernel is asked to keep for a device, so that several super-packets fit, as from a real host. It may give less. */
const SEND_BUFFER = 1 << 20

/** In place of a descriptor: calls with it fail. */
const CLOSED = -1

class SocketHost implements RehearsedHost {
  readonly #native: Native
  #fd: number
  readonly #input: Region

  constructor(native: Native, fd: number) {
    this.#native = native
    this.#fd = fd
    setOption(native, fd, SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
    this.#input = native.arena.reserve(VIRTIO_HEADER + MAX_PACKET)
  }

  send(packets: readonly Packet[]): void {
    const { arena, libc } = this.#native
    for (const packet of packets) {
      const at = offsetOf(packet.bytes) - VIRTIO_HEADER
      encodeHeader(packet, arena.bytes, at)
      libc.write(this.#fd, arena.address(at), VIRTIO_HEADER + packet.bytes.length)
    }
  }

  take(): number {
    const { libc } = this.#native
    let count = 0
    while (libc.read(this.#fd, this.#input.address, this.#input.length) > 0) count++
    return count
  }

  close(): void {
    if (this.#fd === CLOSED) return
    fs.closeSync(this.#fd)
    this.#fd = CLOSED
    this.#input.release()
  }
}

/** Devices in memory, without koffi: the code that reads real ones is not rehearsed then. */
export class MemoryHosts implements RehearsedHosts {
  readonly offloads = false
  readonly #driver = new MemoryTunDriver()
  readonly #hosts = new Map<string, RehearsedHost>()

  async open(options: Parameters<TunDriver['open']>[0]): Promise<TunDevice> {
    const device = await this.#driver.open({ ...options, made: undefined })
    let came = 0
    device.host = (packets) => {
      came += packets.length
    }
    this.#hosts.set(device.name, {
      send: (packets) => device.inject(...packets.map(({ bytes }) => bytes)),
      take() {
        const count = came
        came = 0
        return count
      },
      close() {},
    })
    return device
  }

  host(name: string): RehearsedHost | undefined {
    return this.#hosts.get(name)
  }
}
