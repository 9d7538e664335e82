import type { Packet } from '../../core/api/packet.js'
import type { TunDevice, TunDriver, TunHandlers, TunOptions } from '../../core/api/tun-device.js'
import { limited } from '../kit/limited.js'
import { Turns } from '../kit/turns.js'
import { kernelHost, type TunHost } from './tun-host.js'
import { ADDRESSES, PLACE, payloadsOf, type TunPlace } from './tun-place.js'

/** Milliseconds after which something that should have happened did not. */
const PATIENCE = 4_000
/** Bytes. */
const MTU = 1_420

/** What a TUN driver is tested with. A new one is made for each case. */
export interface TunSetup {
  readonly driver: TunDriver
  /** The name of devices; one that any interface may have if absent. */
  readonly name?: string | undefined
  /** Bytes; 1420 if absent. */
  readonly mtu?: number | undefined
  /**
   * Plays the host of a device that was opened with the address of `place.local` in a /24. Called before the device is
   * started. If absent, the kernel plays it, for an interface in this process's network namespace.
   */
  host?(device: TunDevice, place: TunPlace): TunHost | Promise<TunHost>
  /** Does work without the rights that a device needs. Absent if it needs none. */
  withoutRights?: (<Result>(work: () => Promise<Result>) => Promise<Result>) | undefined
  /** The host's clock, if the driver goes by it: a turn then takes a millisecond. `pending` counts its waiting timers. */
  readonly clock?: { readonly pending: number }
  /** Removes what the setup made. */
  dispose?(): void | Promise<void>
}

/** A packet as it was read: a copy. */
export type ReadPacket = Readonly<Packet>

/** A device at work, and what it told. */
export interface Started {
  readonly device: TunDevice
  readonly host: TunHost
  readonly read: ReadPacket[]
  readonly failures: Error[]
}

/** Opens devices of a driver, for one case. */
export class TunLab {
  readonly #setup: TunSetup
  readonly #turns: Turns
  readonly #open: TunDevice[] = []
  readonly #hosts: TunHost[] = []

  constructor(setup: TunSetup) {
    this.#setup = setup
    this.#turns = new Turns({ patience: PATIENCE, isTimed: setup.clock !== undefined })
  }

  get driver(): TunDriver {
    return this.#setup.driver
  }

  get name(): string {
    return this.#setup.name ?? `kit${process.pid}`
  }

  get mtu(): number {
    return this.#setup.mtu ?? MTU
  }

  get withoutRights(): TunSetup['withoutRights'] {
    return this.#setup.withoutRights
  }

  /** Timers of the driver's clock that wait, if it is known. */
  get timers(): number {
    return this.#setup.clock?.pending ?? 0
  }

  options(members: Partial<TunOptions> = {}): TunOptions {
    return { name: this.name, mtu: this.mtu, addresses: ADDRESSES, routes: [], ...members }
  }

  async open(members: Partial<TunOptions> = {}): Promise<TunDevice> {
    const device = await limited('a device is open', () => this.driver.open(this.options(members)))
    this.#open.push(device)
    return device
  }

  /** A device that is open and started. `receive` is called with what it reads, while that is lent. */
  async start(
    receive: (packets: readonly Packet[], device: TunDevice) => void = () => {},
    members: Partial<TunOptions> = {},
  ): Promise<Started> {
    const device = await this.open(members)
    const host = await limited('the host is there', async () =>
      (this.#setup.host ?? kernelHost)(device, PLACE),
    )
    this.#hosts.push(host)
    const read: ReadPacket[] = []
    const failures: Error[] = []
    const handlers: TunHandlers = {
      receive(packets) {
        for (const { bytes, checksum, segmentSize } of packets)
          read.push({ bytes: Uint8Array.from(bytes), checksum, segmentSize })
        receive(packets, device)
      },
      failed: (error) => failures.push(error),
    }
    device.start(handlers)
    return { device, host, read, failures }
  }

  until(what: string, happened: () => boolean): Promise<void> {
    return this.#turns.until(what, happened)
  }

  /** Gives what should not happen the time to happen. */
  quiet(): Promise<void> {
    return this.#turns.quiet()
  }

  close(device: TunDevice): Promise<void> {
    return limited('a device is closed', () => device.close())
  }

  /** Closes all that is open. */
  async closeAll(): Promise<void> {
    for (const device of this.#open) await this.close(device)
    for (const host of this.#hosts.splice(0)) await limited('the host is gone', async () => host.close?.())
  }

  async dispose(): Promise<void> {
    await this.closeAll()
    await this.#setup.dispose?.()
  }
}

/** The payloads of what was read. */
export function payloads(read: readonly ReadPacket[]): Uint8Array[] {
  return read.flatMap(payloadsOf)
}
