import type { IpPrefix } from '../ip/ip-prefix.js'
import type { Packet } from './packet.js'

/** Numbers of routing tables: Linux counts them by 32 bits, and 0 stands for none. */
export const ROUTING_TABLE = { min: 1, max: 2 ** 32 - 1 } as const

/** What a TUN device tells its user. */
export interface TunHandlers {
  /** Packets left the host by the device. They are lent, with room around them. */
  receive(packets: readonly Packet[]): void
  /** The device failed and is closed. */
  failed(error: Error): void
}

/** Where packets enter and leave the host. */
export interface TunDevice {
  /** The interface's name. */
  readonly name: string
  /** Starts reading. Called once. */
  start(handlers: TunHandlers): void
  /**
   * Hands packets to the host, super-packets and partial checksums included; those it does not take are dropped
   * and counted. They are lent.
   */
  write(packets: readonly Packet[]): void
  /** Stops reading until `resume`: packets wait in the host's queue, and TCP inside slows down. */
  pause(): void
  /** Reads again. Without effect if it was not paused. */
  resume(): void
  /**
   * Routes prefixes to the device, or no longer; absent if a driver cannot while the device is open.
   *
   * @throws TunError if one of `added` cannot be had; then none of them is.
   */
  changeRoutes?(added: readonly IpPrefix[], removed: readonly IpPrefix[]): Promise<void>
  /**
   * Changes what an open device has of addresses, routes and MTU; absent if a driver cannot.
   *
   * @throws TunError with what cannot be had, such as a route that the host has by another interface already. All
   * else is done.
   */
  change?(change: DeviceChange): Promise<void>
  /** Packets dropped so far, by cause. */
  readonly drops: Readonly<Record<string, number>>
  /** Idempotent. The interface, its addresses and its routes are gone when it resolves. */
  close(): Promise<void>
}

/** What changes of a device. */
export interface DeviceChange {
  /** Bytes; as before if absent. */
  readonly mtu?: number | undefined
  /** Addresses, each alone. */
  readonly addresses: { readonly added: readonly IpPrefix[]; readonly removed: readonly IpPrefix[] }
  readonly routes: { readonly added: readonly IpPrefix[]; readonly removed: readonly IpPrefix[] }
}

/** What a TUN driver is asked to open. */
export interface TunOptions {
  /** The interface's name; the kernel picks one if it is undefined. */
  readonly name: string | undefined
  /** Bytes. */
  readonly mtu: number
  readonly addresses: readonly TunAddress[]
  /** Prefixes that are reached by the device, beyond those of its addresses. */
  readonly routes: readonly IpPrefix[]
  /** The number of the routing table for them; the main one if absent. */
  readonly routingTable?: number | undefined
  /** The name of the network namespace that it lives in; that of the process if absent. */
  readonly namespace?: string | undefined
  /**
   * Awaited once the interface is there, before it has addresses and is up; what it throws ends the opening. What it
   * returns is what the interface gets, in the place of `addresses` and `routes`.
   */
  readonly made?: ((name: string) => Promise<DeviceShare | undefined>) | undefined
}

/** What an interface gets of what it was to have: the rest is the host's. */
export type DeviceShare = Pick<TunOptions, 'addresses' | 'routes'>

/** An address of the TUN device. */
export interface TunAddress {
  readonly local: string
  /** The address at the far end of a point-to-point interface; undefined for a prefix. */
  readonly peer: string | undefined
  /** Bits of the network that is reached by the interface. */
  readonly prefix: number
  /** Whether that network is routed to the interface; true if absent. */
  readonly routed?: boolean | undefined
}

/** A way to open TUN devices. */
export interface TunDriver {
  /** Whether a device may live in another network namespace than the process. False if absent. */
  readonly entersNamespaces?: boolean
  /** @throws TunError when the device cannot be opened or configured. */
  open(options: TunOptions): Promise<TunDevice>
}
