import type { HostAddress } from '../../native/netlink/address.js'
import { copyOf, PROTOCOL_NUMBERS, type Route } from '../../native/netlink/route.js'
import type { RouteNetlink } from '../../native/netlink/route-netlink.js'
import { type NetworkState, stateOf } from './tunnel-table.js'

/** linux/rtnetlink.h: the table in which the kernel keeps local addresses. */
const LOCAL_TABLE = 255

/** Addresses and routes of the tunnel's device as the tunnel gave them to it: what somebody removes is added again. */
export class DeviceKeeper {
  readonly kind = 'routing'
  readonly #name: string
  readonly #network: RouteNetlink
  readonly #except: () => number | undefined
  #index = 0
  #addresses: HostAddress[] = []
  #routes: Route[] = []
  /** Changes of the device that are under way. */
  #changes = 0

  /** `except` is the tunnel's own table, which is kept elsewhere. */
  constructor(name: string, network: RouteNetlink, except: () => number | undefined) {
    this.#name = name
    this.#except = except
    this.#network = network
    this.#note()
  }

  /** Does what changes the device on purpose; what it then has is kept from then on. */
  async changing<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#changes++
    try {
      return await work()
    } finally {
      this.#changes--
      if (this.#changes === 0) this.#note()
    }
  }

  /** Adds again what is missing. A link that is down gets it once it is up. Returns what was missing. */
  restore(): string[] {
    const state = stateOf(this.#network)
    const link = state.links.find(({ index }) => index === this.#index)
    if (this.#changes > 0 || link === undefined || !link.up) return []
    const addresses = addressesOf(state, link.index)
    const gone = this.#addresses.filter((one) => !addresses.some((other) => isSame(one, other)))
    for (const address of gone) this.#network.addAgain(address)
    // The kernel itself adds routes with an address.
    const now = gone.length === 0 ? state : stateOf(this.#network)
    const routes = new Set(routesOf(now, link.index, this.#except()).map(keyOf))
    const goneRoutes = this.#routes.filter((route) => !routes.has(keyOf(route)))
    for (const route of goneRoutes) this.#network.addRoute(copyOf(route, route.table, route.protocol))
    const missing: string[] = []
    if (gone.length > 0) missing.push(`${gone.length} addresses of ${this.#name}`)
    if (goneRoutes.length > 0) missing.push(`${goneRoutes.length} routes to ${this.#name}`)
    return missing
  }

  #note(): void {
    const state = stateOf(this.#network)
    this.#index = state.links.find(({ name }) => name === this.#name)?.index ?? 0
    this.#addresses = addressesOf(state, this.#index)
    this.#routes = routesOf(state, this.#index, this.#except())
  }
}

/** But for link-local addresses that the kernel makes by itself. */
function addressesOf({ addresses }: NetworkState, index: number): HostAddress[] {
  return addresses.filter(({ link, local }) => link === index && !(local[0] === 0xfe && local[1] === 0x80))
}

/** But for those that the kernel makes by itself, and those of a full tunnel's table. */
function routesOf({ routes }: NetworkState, index: number, except: number | undefined): Route[] {
  return routes.filter(
    ({ link, protocol, table }) =>
      link === index && table !== LOCAL_TABLE && table !== except && protocol !== PROTOCOL_NUMBERS.kernel,
  )
}

function isSame(one: HostAddress, other: HostAddress): boolean {
  return (
    one.network.bits === other.network.bits &&
    Buffer.compare(one.local, other.local) === 0 &&
    Buffer.compare(one.network.address, other.network.address) === 0
  )
}

function keyOf({ body }: Route): string {
  return body.toString('hex')
}
