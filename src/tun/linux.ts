import fs from 'node:fs'
import { constants } from 'node:os'
import { inject, injectable } from 'tsyringe'
import { TunError } from '../core/api/errors.js'
import type { Logger } from '../core/api/logger.js'
import type { TunDevice, TunDriver, TunOptions } from '../core/api/tun-device.js'
import { LOGGER } from '../core/injection/tokens.js'
import type { Offload } from '../core/offload/index.js'
import { errnoName } from '../native/base/libc.js'
import { type Native, native } from '../native/base/native.js'
import { inNamespace } from '../native/process/namespace-scope.js'
import { deviceError, permissionError, TUN_DEVICE } from './device-error.js'
import { checkInterfaceName } from './ip-command.js'
import { LinuxTunDevice } from './linux-device.js'
import { configureInterface } from './netlink-interface.js'
import { VIRTIO_HEADER } from './virtio.js'

// linux/if_tun.h
const TUNSETIFF = 0x400454ca
const IFF_TUN = 0x0001
const IFF_NO_PI = 0x1000
const IFF_VNET_HDR = 0x4000
const TUNSETVNETHDRSZ = 0x400454d8
const TUNSETOFFLOAD = 0x400454d0
const TUN_F_CSUM_TSO4_TSO6_ECN = 0x01 | 0x02 | 0x04 | 0x08
const TUN_F_USO4_USO6 = 0x20 | 0x40

/** Bytes of struct ifreq, and where its fields are. linux/if.h */
const IFREQ_BYTES = 40
const IFREQ_NAME_BYTES = 16
const IFREQ_FLAGS = 16

/** TUN devices of Linux by /dev/net/tun and ioctl, called directly. */
@injectable()
export class LinuxTunDriver implements TunDriver {
  readonly entersNamespaces = true
  readonly #log: Logger

  constructor(@inject(LOGGER) log: Logger) {
    this.#log = log
  }

  async open(options: TunOptions): Promise<TunDevice> {
    if (options.name !== undefined) checkInterfaceName(options.name)
    const system = native()
    const fd = openDevice()
    try {
      const name = attach(system, fd, options.name)
      const offload = this.#setOffload(system, fd)
      const share = await options.made?.(name)
      configureInterface(name, { ...options, ...share })
      return new LinuxTunDevice(system, fd, {
        name,
        offload,
        routingTable: options.routingTable,
        log: this.#log,
      })
    } catch (thrown) {
      fs.closeSync(fd) // the interface goes away with its descriptor
      throw thrown
    }
  }

  /** Asks for super-packets. A kernel that has none is slower, and everything else stays the same. */
  #setOffload({ libc }: Native, fd: number): Offload {
    if (libc.ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM_TSO4_TSO6_ECN | TUN_F_USO4_USO6) >= 0)
      return { tcp: true, udp: true }
    if (libc.ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM_TSO4_TSO6_ECN) >= 0) {
      this.#log.info('the kernel has no segmentation offload for UDP on TUN devices; UDP is slower without')
      return { tcp: true, udp: false }
    }
    this.#log.info('the kernel has no segmentation offload for TUN devices; the tunnel is slower without')
    return { tcp: false, udp: false }
  }
}

/**
 * Opens the device that TUN interfaces are made of.
 *
 * @throws TunError that names what is missing.
 */
function openDevice(): number {
  try {
    // The interface will be where the descriptor was made.
    return inNamespace(() => fs.openSync(TUN_DEVICE, fs.constants.O_RDWR | fs.constants.O_NONBLOCK))
  } catch (thrown) {
    throw deviceError(thrown)
  }
}

/** Makes the interface and returns its name, which the kernel picks if none is given. */
function attach({ arena, libc }: Native, fd: number, name: string | undefined): string {
  const request = arena.reserve(IFREQ_BYTES)
  try {
    request.bytes.set(Buffer.from(name ?? ''))
    arena.view.setUint16(request.offset + IFREQ_FLAGS, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, true)
    if (libc.ioctl(fd, TUNSETIFF, request.address) < 0) {
      const errno = libc.errno()
      if (errno === constants.errno.EPERM) throw permissionError(errnoName(errno))
      throw new TunError(`Cannot create the TUN device: the kernel says ${errnoName(errno)}`, {
        code: 'ERR_TUN_FAILED',
      })
    }
    const given = Buffer.from(request.bytes.subarray(0, IFREQ_NAME_BYTES)).toString('latin1')
    arena.view.setInt32(request.offset, VIRTIO_HEADER, true)
    libc.ioctl(fd, TUNSETVNETHDRSZ, request.address)
    return given.replace(/\0.*$/, '')
  } finally {
    request.release()
  }
}
