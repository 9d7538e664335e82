import { DEVICE_MTU, type TunnelConfig } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { DeviceChange, TunOptions } from '../../core/api/tun-device.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { textOf } from '../../core/ip/ip-network.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import { rangeWithout } from '../../core/ip/range-without.js'
import type { SettingsTarget } from '../../core/pushed-settings/pushed-settings.js'
import { type ClientSettings, NO_SETTINGS } from '../../core/settings/client-settings.js'
import { Turns } from '../../core/time/turns.js'
import type { DeviceControl } from './changed-device.js'

/** What of the own file counts. */
type OwnSettings = Pick<TunnelConfig, 'excluded' | 'tun'>

/** Has the host ask these name servers; with none, those of before. */
export type ChangeNameServers = (servers: readonly string[], domains: readonly string[]) => Promise<void>

/** Puts pushed settings in force on the TUN device and the host, beside what the own file says, which always stays. */
export class DeviceSettings implements SettingsTarget {
  readonly #tun: DeviceControl
  readonly #changeNameServers: ChangeNameServers
  readonly #log: Logger
  #own: TunOptions
  #excluded: readonly IpPrefix[]
  #pushed: ClientSettings = NO_SETTINGS
  /** What was pushed, without what is excluded. */
  #inForce: ClientSettings = NO_SETTINGS
  /** Bytes of the largest packet that the routes to the peers carry, and of the smallest that the device has to. */
  #carried = Number.POSITIVE_INFINITY
  #least: number = DEVICE_MTU.min
  /** The MTU of the device. */
  #mtu: number
  readonly #turns = new Turns()

  constructor(
    tun: DeviceControl,
    { excluded, tun: own }: OwnSettings,
    changeNameServers: ChangeNameServers,
    log: Logger,
  ) {
    this.#tun = tun
    this.#own = own
    this.#mtu = own.mtu
    this.#excluded = excluded ?? []
    this.#changeNameServers = changeNameServers
    this.#log = log
  }

  /** The own file says something else now. What it has is never taken from the device here. */
  own({ excluded, tun }: OwnSettings): void {
    this.#own = tun
    this.#excluded = excluded ?? []
  }

  /**
   * Gives the device this MTU, or less if what was pushed or the routes ask for that.
   *
   * @throws TunError if it cannot be changed.
   */
  hasMtu(mtu: number): Promise<void> {
    return this.#turns.take(async () => {
      this.#own = { ...this.#own, mtu }
      const change = this.#change(this.#inForce, this.#inForce)
      if (change !== undefined) await this.#tun.change?.(change)
    })
  }

  /** Puts in force what was pushed, as the own file has it by now. */
  again(): Promise<void> {
    return this.apply(this.#pushed)
  }

  /** Whether a route is in force because it was pushed. */
  holds(route: IpPrefix): boolean {
    return this.#inForce.routes.some((other) => keyOf(other) === keyOf(route))
  }

  /**
   * Keeps the device's MTU within what the routes to the peers carry, but for `least`.
   *
   * @throws TunError if it cannot be changed.
   */
  carries(bytes: number, least: number): Promise<void> {
    return this.#turns.take(async () => {
      this.#carried = bytes
      this.#least = least
      const before = this.#mtu
      const change = this.#change(this.#inForce, this.#inForce)
      if (change === undefined || this.#tun.change === undefined) return
      await this.#tun.change(change)
      this.#log.info('the MTU follows the routes', { device: this.#tun.name, mtu: this.#mtu, before })
    })
  }

  /**
   * The device is to carry packets of so many bytes at the least, as IPv6 needs.
   *
   * @throws TunError as `carries`.
   */
  async atLeast(bytes: number): Promise<void> {
    if (this.#mtu < bytes) await this.carries(this.#carried, bytes)
  }

  apply(pushed: ClientSettings): Promise<void> {
    this.#pushed = pushed
    return this.#turns.take(() => this.#apply(pushed))
  }

  async #apply(pushed: ClientSettings): Promise<void> {
    const before = this.#inForce
    const settings = { ...pushed, routes: this.#outOf(pushed.routes) }
    this.#inForce = settings
    const failures: string[] = []
    const failed = (thrown: unknown) => failures.push(asError(thrown).message)
    const change = this.#change(before, settings)
    if (change !== undefined) {
      if (this.#tun.change === undefined) failures.push('the TUN driver cannot change an open device')
      else await this.#tun.change(change).catch(failed)
    }
    if (String(dnsOf(before)) !== String(dnsOf(settings))) {
      await this.#changeNameServers(settings.nameServers, settings.searchDomains).catch(failed)
    }
    if (failures.length > 0) throw new Error(failures.join('; '))
  }

  /** Those routes without what is excluded, each once. */
  #outOf(routes: readonly IpPrefix[]): readonly IpPrefix[] {
    if (this.#excluded.length === 0) return routes
    const left = routes.flatMap((range) => rangeWithout(range, this.#excluded))
    return [...new Map(left.map((range) => [keyOf(range), range])).values()]
  }

  /** What changes of the device; undefined if nothing does. */
  #change(before: ClientSettings, after: ClientSettings): DeviceChange | undefined {
    const { addresses, mtu, routes } = this.#own
    const ownAddresses = new Set(addresses.map(({ local }) => textOf(parseIpAddress(local)!)))
    const ownRoutes = new Set(routes.map(keyOf))
    const address = difference(before.addresses, after.addresses, (one) =>
      ownAddresses.has(textOf(one.address)),
    )
    const route = difference(before.routes, after.routes, (one) => ownRoutes.has(keyOf(one)))
    // With its last address an interface loses its routes, so that all of them are asked for again.
    if (address.removed.length > 0) route.added = [...routes, ...after.routes]
    const wanted = Math.min(mtu, after.mtu ?? mtu, Math.max(this.#least, this.#carried))
    const newMtu = wanted === this.#mtu ? undefined : wanted
    this.#mtu = wanted
    const lists = [address.added, address.removed, route.added, route.removed]
    if (newMtu === undefined && lists.every(({ length }) => length === 0)) return undefined
    return { mtu: newMtu, addresses: address, routes: route }
  }
}

/** What comes and what goes, but for what is `own`. */
function difference(
  before: readonly IpPrefix[],
  after: readonly IpPrefix[],
  own: (one: IpPrefix) => boolean,
) {
  const [old, next] = [before, after].map((list) => new Set(list.map(keyOf)))
  return {
    added: after.filter((one) => !old!.has(keyOf(one)) && !own(one)),
    removed: before.filter((one) => !next!.has(keyOf(one)) && !own(one)),
  }
}

function keyOf({ address, bits }: IpPrefix): string {
  return prefixKey(address, bits)
}

function dnsOf({ nameServers, searchDomains }: ClientSettings): readonly string[] {
  return [...nameServers, '/', ...searchDomains]
}
