import { asError, HostError, isQanatError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { DeviceChange, DeviceShare, TunOptions } from '../../core/api/tun-device.js'
import type { IpPrefix } from '../../core/ip/ip-prefix.js'
import { prefixKey } from '../../core/ip/prefix-bits.js'
import { lookBeside } from '../../host/networks/look-beside.js'
import {
  type Judged,
  judgeAll,
  refusalOf,
  type Wish,
  wishesOf,
  wishOf,
} from '../../host/networks/route-judge.js'
import { stops } from '../../host/networks/verdict-text.js'
import { hasInterface } from '../../native/netlink/has-interface.js'
import { about, type NamedNamespace } from '../../native/process/namespace-scope.js'
import type { DeviceControl } from './changed-device.js'
import { takenRoutes } from './without-ipv6.js'

/** What judging depends on. */
export interface JudgeParts {
  readonly log: Logger
  /** The addresses that the tunnel itself sends to, as far as they are known. */
  readonly carriers: () => readonly Uint8Array[]
  /** What goes by networks of the host that the tunnel wants: each range, and why. */
  readonly leftAlone: Map<string, string>
  /** Where the device lives; with the process if absent. */
  readonly namespace?: NamedNamespace | undefined
}

/**
 * What a device gets of what its tunnel wants, before anything is added. A device that is no interface of the host gets
 * all of it.
 *
 * @returns Undefined if it gets all of it.
 * @throws HostError ERR_ROUTE_TAKEN if something belongs to somebody else.
 */
export async function judgeStart(
  device: string,
  tun: TunOptions,
  parts: JudgeParts,
): Promise<DeviceShare | undefined> {
  const judged = await judge(device, allWishes(tun), parts)
  const refusal = refusalOf(judged)
  if (refusal !== undefined) throw refusal
  tell(judged, parts)
  const leftAlone = judged.filter(({ verdict }) => verdict.is === 'left-alone')
  if (leftAlone.length === 0) return undefined
  // Networks of addresses and routes may be wanted in different tables.
  const networks = keysOf(leftAlone.filter(({ key }) => key === 'address'))
  const ranges = keysOf(leftAlone.filter(({ key }) => key === 'allowed-ips'))
  const isRouted = (wish: Wish | undefined) => wish === undefined || !networks.has(keyOf(wish.network))
  return {
    addresses: tun.addresses.map((one) => (isRouted(wishOf(one)) ? one : { ...one, routed: false })),
    routes: tun.routes.filter((route) => !ranges.has(keyOf(route))),
  }
}

/**
 * What of routes a tunnel gets that its own packets pass by, though it sends to addresses within them.
 *
 * @throws HostError ERR_ROUTE_TAKEN if something belongs to somebody else.
 */
export async function judgeAround(
  device: string,
  routes: readonly IpPrefix[],
  parts: JudgeParts,
): Promise<readonly IpPrefix[]> {
  const judged = await judge(device, wishesOf(routes, undefined), { ...parts, carriers: () => [] })
  const refusal = refusalOf(judged)
  if (refusal !== undefined) throw refusal
  tell(judged, parts)
  const out = keysOf(judged.filter(({ verdict }) => verdict.is !== 'free'))
  return routes.filter((route) => !out.has(keyOf(route)))
}

/** All that a tunnel wants of the routes of a host. */
export function allWishes({ addresses, routes, routingTable }: TunOptions): Wish[] {
  const ofAddresses = addresses.map(wishOf).filter((wish) => wish !== undefined)
  return [...ofAddresses, ...wishesOf(routes, routingTable)]
}

/** A device whose later routes are judged by what the host has by then. */
export class JudgedDevice implements DeviceControl {
  readonly #device: DeviceControl
  readonly #table: number | undefined
  readonly #parts: JudgeParts

  constructor(device: DeviceControl, table: number | undefined, parts: JudgeParts) {
    this.#device = device
    this.#table = table
    this.#parts = parts
  }

  get changeRoutes() {
    return this.#device.changeRoutes && this.#changeRoutesThere
  }

  get change() {
    return this.#device.change && this.#changeThere
  }

  get name(): string {
    return this.#device.name
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#device.drops
  }

  readonly #changeRoutesThere = (added: readonly IpPrefix[], removed: readonly IpPrefix[]): Promise<void> =>
    about(this.#parts.namespace, () => this.#changeRoutes(added, removed))

  readonly #changeThere = (change: DeviceChange): Promise<void> =>
    about(this.#parts.namespace, () => this.#change(change))

  async #changeRoutes(added: readonly IpPrefix[], removed: readonly IpPrefix[]): Promise<void> {
    const { admitted, refusal } = await this.#admit(added)
    if (refusal !== undefined) throw refusal
    await this.#device.changeRoutes!(admitted, removed)
    for (const range of removed) this.#parts.leftAlone.delete(keyOf(range))
  }

  async #change(change: DeviceChange): Promise<void> {
    const { admitted, refusal } = await this.#admit(change.routes.added)
    for (const range of change.routes.removed) this.#parts.leftAlone.delete(keyOf(range))
    const routes = { ...change.routes, added: admitted }
    const addresses = { ...change.addresses, added: takenRoutes(this.name, change.addresses.added) }
    try {
      await this.#device.change!({ ...change, addresses, routes })
    } catch (thrown) {
      if (refusal === undefined) throw thrown
      const why = `${refusal.message}; ${asError(thrown).message}`
      throw new HostError(why, { code: refusal.code, cause: thrown })
    }
    if (refusal !== undefined) throw refusal
  }

  async #admit(routes: readonly IpPrefix[]) {
    const taken = takenRoutes(this.name, routes)
    if (taken.length === 0) return { admitted: taken, refusal: undefined }
    const judged = await judge(this.name, wishesOf(taken, this.#table), this.#parts)
    tell(judged, this.#parts)
    const out = keysOf(judged.filter(({ verdict }) => verdict.is !== 'free'))
    return { admitted: taken.filter((route) => !out.has(keyOf(route))), refusal: refusalOf(judged) }
  }
}

/** Judges nothing for a device that is no interface of the host, such as one in memory. */
async function judge(
  device: string,
  wishes: readonly Wish[],
  { carriers, log }: JudgeParts,
): Promise<Judged[]> {
  if (wishes.length === 0 || !hasInterface(device)) return []
  try {
    return judgeAll(wishes, await lookBeside(device), carriers())
  } catch (thrown) {
    if (!isQanatError(thrown)) throw thrown
    log.warn('cannot look at the routes of the host', { why: thrown.message })
    return []
  }
}

/** Logs what does not stop a tunnel, and keeps for status what is not led into it. */
function tell(judged: readonly Judged[], { leftAlone, log }: JudgeParts): void {
  for (const { network, sentence, verdict } of judged) {
    if (sentence === undefined || stops(verdict)) continue
    if (verdict.is !== 'left-alone') log.info(sentence)
    else {
      log.warn(sentence)
      leftAlone.set(keyOf(network), sentence)
    }
  }
}

function keysOf(judged: readonly Judged[]): Set<string> {
  return new Set(judged.map(({ network }) => keyOf(network)))
}

function keyOf({ address, bits }: Pick<IpPrefix, 'address' | 'bits'>): string {
  return prefixKey(address, bits)
}
