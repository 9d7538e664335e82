import { RouteNetlink } from '../../native/netlink/route-netlink.js'

type Network = Pick<RouteNetlink, 'links' | 'mtuOf' | 'close'>

/** Asks the kernel for the MTU of a device, which it looks up by name once. If the kernel does not say, nothing is known. */
export class DeviceMtu {
  readonly #device: string
  readonly #open: () => Network
  #network: Network | undefined
  /** The device's number; undefined while that is not known. */
  #index: number | undefined

  constructor(device: string, open: () => Network = () => new RouteNetlink()) {
    this.#device = device
    this.#open = open
  }

  /** Bytes of the device's largest packet; undefined without koffi, or between two devices. */
  ask(): number | undefined {
    try {
      this.#network ??= this.#open()
      return this.#known(this.#network) ?? this.#lookUp(this.#network)
    } catch {
      return undefined
    }
  }

  close(): void {
    this.#network?.close()
    this.#network = undefined
  }

  #known(network: Network): number | undefined {
    try {
      return this.#index === undefined ? undefined : network.mtuOf(this.#index)
    } catch {
      return undefined // the device has gone
    }
  }

  #lookUp(network: Network): number | undefined {
    this.#index = network.links().find(({ name }) => name === this.#device)?.index
    return this.#known(network)
  }
}
