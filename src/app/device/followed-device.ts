import type { Logger } from '../../core/api/logger.js'
import type { Pump } from '../../core/forwarding/pump.js'
import type { Clock } from '../../core/time/clock.js'
import { type WatchParts, watchNetworks } from '../../host/networks/watch-networks.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'

/** What following depends on. */
export interface FollowedDeviceParts extends Pick<WatchParts, 'watch'> {
  readonly pump: Pick<Pump, 'resize'>
  readonly clock: Clock
  readonly log: Logger
  /** The device's name, and bytes of its largest packet at first. */
  readonly device: string
  readonly mtu: number
  /** Bytes of the largest packet of a device; undefined if that is not known. Default: what the kernel says. */
  readonly mtuOf?: (device: string) => number | undefined
}

/** Has packets fit a device whose MTU others set, until what it returns is called. */
export function followDevice(parts: FollowedDeviceParts): () => Promise<void> {
  const { device, log, mtuOf = askKernel, pump } = parts
  let before = parts.mtu
  const look = () => {
    const mtu = mtuOf(device)
    if (mtu === undefined || mtu === before) return
    log.info('the device has another MTU', { device, mtu, before })
    before = mtu
    pump.resize(mtu)
  }
  const stop = watchNetworks(parts, look)
  look() // at what was set before it was watched
  return stop
}

function askKernel(device: string): number | undefined {
  try {
    const network = new RouteNetlink()
    try {
      return network.mtuOf(device)
    } finally {
      network.close()
    }
  } catch {
    return undefined // without koffi, or between two devices
  }
}
