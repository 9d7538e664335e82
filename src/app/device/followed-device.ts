import type { Logger } from '../../core/api/logger.js'
import type { Pump } from '../../core/forwarding/pump.js'
import type { Clock } from '../../core/time/clock.js'
import { type WatchParts, watchNetworks } from '../../host/networks/watch-networks.js'
import { DeviceMtu } from './device-mtu.js'

/** What following depends on. */
export interface FollowedDeviceParts extends Pick<WatchParts, 'watch'> {
  readonly pump: Pick<Pump, 'resize'>
  readonly clock: Clock
  readonly log: Logger
  /** The device's name, and bytes of its largest packet at first. */
  readonly device: string
  readonly mtu: number
  /** What is asked for its MTU later. Default: the kernel. */
  readonly deviceMtu?: Pick<DeviceMtu, 'ask' | 'close'>
}

/** Has packets fit a device whose MTU others set, until what it returns is called. */
export function followDevice(parts: FollowedDeviceParts): () => Promise<void> {
  const { device, log, deviceMtu = new DeviceMtu(parts.device), pump } = parts
  let before = parts.mtu
  const look = () => {
    const mtu = deviceMtu.ask()
    if (mtu === undefined || mtu === before) return
    log.info('the device has another MTU', { device, mtu, before })
    before = mtu
    pump.resize(mtu)
  }
  const stop = watchNetworks(parts, look)
  look() // at what was set before it was watched
  return async () => {
    await stop()
    deviceMtu.close()
  }
}
