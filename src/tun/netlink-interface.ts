import { asError, isTunError, TunError } from '../core/api/errors.js'
import type { DeviceChange, TunAddress, TunOptions } from '../core/api/tun-device.js'
import { parseIpAddress } from '../core/ip/ip-address.js'
import { textOf } from '../core/ip/ip-network.js'
import type { IpPrefix } from '../core/ip/ip-prefix.js'
import { prefixKey } from '../core/ip/prefix-bits.js'
import { NetlinkError } from '../native/netlink/netlink-socket.js'
import { OUR_PROTOCOL } from '../native/netlink/ownership.js'
import { linkRoute, MAIN_TABLE } from '../native/netlink/route.js'
import { RouteNetlink } from '../native/netlink/route-netlink.js'
import { LARGEST_SUPER_PACKET } from './ip-command.js'

/**
 * Gives an interface its addresses, routes and MTU and sets it up. All of it goes away with the interface.
 *
 * @throws TunError ERR_TUN_FAILED with what the kernel says, or that somebody else has such a route.
 */
export function configureInterface(
  name: string,
  options: Pick<TunOptions, 'mtu' | 'addresses' | 'routes' | 'routingTable'>,
): void {
  onInterface(name, options.routingTable, (device) => {
    // Up first: Linux routes an IPv6 address's peer only if the interface is up when the address is added.
    device.network.setLink(device.index, { up: true, mtu: options.mtu, superPacket: LARGEST_SUPER_PACKET })
    for (const address of options.addresses) device.addAddress(address)
    for (const route of options.routes) device.addRoute(route)
  })
}

/**
 * Routes prefixes to an interface, and others no longer. What `removed` names and is gone already is left alone.
 *
 * @throws TunError ERR_TUN_FAILED; then none of `added` is routed to the interface.
 */
export function changeRoutes(
  name: string,
  table: number | undefined,
  added: readonly IpPrefix[],
  removed: readonly IpPrefix[],
): void {
  onInterface(name, table, (device) => {
    const done: IpPrefix[] = []
    try {
      for (const route of added) if (device.addRoute(route)) done.push(route)
    } catch (thrown) {
      for (const route of done) device.removeRoute(route)
      throw thrown
    }
    for (const route of removed) device.removeRoute(route)
  })
}

/**
 * Changes addresses, routes and MTU of an interface that is up. Routes of other interfaces are left alone: one with
 * the same prefix is a reason not to add a route.
 *
 * @throws TunError ERR_TUN_FAILED with what could not be had, when all else is done.
 */
export function changeInterface(
  name: string,
  table: number | undefined,
  { addresses, mtu, routes }: DeviceChange,
): void {
  const failures: string[] = []
  const attempt = (work: () => void) => {
    try {
      work()
    } catch (thrown) {
      failures.push(asError(thrown).message)
    }
  }
  onInterface(name, table, (device) => {
    for (const route of routes.removed) attempt(() => device.removeRoute(route))
    // The new ones first: with its last address an interface loses its routes.
    for (const address of addresses.added) attempt(() => device.addAddress(alone(address)))
    for (const address of addresses.removed) attempt(() => device.removeAddress(alone(address)))
    if (mtu !== undefined) attempt(() => device.network.setLink(device.index, { mtu }))
    for (const route of routes.added) attempt(() => device.addRoute(route))
  })
  if (failures.length > 0) throw new TunError(failures.join('; '), { code: 'ERR_TUN_FAILED' })
}

/** An interface by its number, and the table of its routes. */
class Device {
  readonly network: RouteNetlink
  readonly index: number
  readonly #name: string
  readonly #table: number

  constructor(network: RouteNetlink, name: string, table: number) {
    const link = network.links().find((other) => other.name === name)
    if (link === undefined) throw new Error('it is gone')
    this.network = network
    this.index = link.index
    this.#name = name
    this.#table = table
  }

  addAddress({ local, peer, prefix, routed }: TunAddress): void {
    const far = peer === undefined ? undefined : parseIpAddress(peer)!
    this.network.addAddress(this.index, { local: parseIpAddress(local)!, peer: far, bits: prefix, routed })
  }

  removeAddress({ local, prefix }: TunAddress): void {
    this.network.removeAddress(this.index, { local: parseIpAddress(local)!, peer: undefined, bits: prefix })
  }

  /** Whether it was added; not if the interface has it already, as that to the network of its address. */
  addRoute(route: IpPrefix): boolean {
    try {
      this.network.addRoute(linkRoute(route, this.#table, OUR_PROTOCOL, this.index))
      return true
    } catch (thrown) {
      if (!(thrown instanceof NetlinkError) || thrown.errno !== 'EEXIST') throw thrown
      const owner = this.#ownerOf(route)
      if (owner === this.#name) return false
      throw new Error(`${route.text} is routed to ${owner ?? 'another interface'} already`)
    }
  }

  removeRoute(route: IpPrefix): void {
    this.network.removeRoute(linkRoute(route, this.#table, OUR_PROTOCOL, this.index))
  }

  #ownerOf({ address, bits }: IpPrefix): string | undefined {
    const key = prefixKey(address, bits)
    const owners = this.network
      .routes()
      .filter(({ destination, table }) => table === this.#table && keyOf(destination) === key)
    const links = this.network.links()
    const names = owners.map(({ link }) => links.find(({ index }) => index === link)?.name)
    return names.find((name) => name === this.#name) ?? names[0]
  }
}

function keyOf({ address, bits }: Pick<IpPrefix, 'address' | 'bits'>): string {
  return prefixKey(address, bits)
}

/** Works on an interface, and says in errors that it was about it. */
function onInterface(name: string, table: number | undefined, work: (device: Device) => void): void {
  const network = new RouteNetlink()
  try {
    work(new Device(network, name, table ?? MAIN_TABLE))
  } catch (thrown) {
    if (isTunError(thrown)) throw thrown
    const why = asError(thrown).message
    throw new TunError(`Cannot configure the TUN device ${name}: ${why}`, {
      code: 'ERR_TUN_FAILED',
      cause: thrown,
    })
  } finally {
    network.close()
  }
}

function alone({ address, bits }: IpPrefix): TunAddress {
  return { local: textOf(address), peer: undefined, prefix: bits }
}
