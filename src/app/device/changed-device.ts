import type { DeviceChange, TunDevice } from '../../core/api/tun-device.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'

/** What of a TUN device is looked at and changed while the pump works on it. */
export interface DeviceControl extends Pick<TunDevice, 'name' | 'drops'> {
  readonly changeRoutes?: TunDevice['changeRoutes'] | undefined
  readonly change?: TunDevice['change'] | undefined
}

/** What notices changes of a device, and is told which are on purpose. */
interface DeviceWatch {
  changingDevice(change: () => Promise<void>): Promise<void>
}

/** A device that is changed on purpose, which is told apart from what other programs do to it. */
export class ChangedDevice implements DeviceControl {
  readonly changeRoutes?: (added: readonly IpPrefix[], removed: readonly IpPrefix[]) => Promise<void>
  readonly change?: (change: DeviceChange) => Promise<void>
  readonly #tun: TunDevice

  constructor(tun: TunDevice, host: DeviceWatch) {
    this.#tun = tun
    if (tun.changeRoutes !== undefined) {
      this.changeRoutes = (added, removed) => host.changingDevice(() => tun.changeRoutes!(added, removed))
    }
    if (tun.change !== undefined) this.change = (change) => host.changingDevice(() => tun.change!(change))
  }

  get name(): string {
    return this.#tun.name
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#tun.drops
  }
}
