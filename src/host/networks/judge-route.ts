import { liesWithin } from '../../core/ip/ip-network.js'
import { type IpPrefix, parseIpPrefix } from '../../core/ip/ip-prefix.js'
import { MAIN_TABLE } from '../../native/netlink/route.js'

/** A range of addresses. */
export type Range = Pick<IpPrefix, 'address' | 'bits'>

/** A route that the host has, of another interface than the tunnel's. */
export interface HostRoute {
  readonly destination: Range
  readonly table: number
  /** The interface's name; undefined if it has none, or several. */
  readonly device: string | undefined
  readonly gateways: readonly Uint8Array[]
  readonly metric: number
  /**
   * Whether the host is connected to that network, or refuses packets to it. Everything else is `another's`: what an
   * administrator, a program or another tunnel made.
   */
  readonly kind: 'connected' | 'refused' | "another's"
}

/** What is known of a host's routes. */
export interface HostRouting {
  /** Of all tables and metrics, but for local addresses. */
  readonly routes: readonly HostRoute[]
  /** Tables in which all packets are looked up before the main one. */
  readonly before: ReadonlySet<number>
}

/** What is to be led into a tunnel. */
export interface WantedRoute {
  readonly destination: Range
  readonly table: number
}

/** What is to become of it. */
export type Verdict =
  /** It is added; `holds` is a part of it that stays where it is. */
  | { readonly is: 'free'; readonly holds?: HostRoute }
  /** It is not added: the host is connected to it, or to a network around it. */
  | { readonly is: 'left-alone'; readonly network: HostRoute }
  /** The start stops: somebody else has it. */
  | { readonly is: 'taken'; readonly route: HostRoute }
  /** The start stops: a gateway of `route`, or what carries the tunnel, would be reached by the tunnel only. */
  | { readonly is: 'next-hop'; readonly address: Uint8Array; readonly route: HostRoute }
  | { readonly is: 'carrier'; readonly address: Uint8Array; readonly route: HostRoute | undefined }

/** Bits of a network at the least: a wider route is as good as a default route, which is there to be narrowed. */
const MIN_BITS = 8
/** Each interface has these for itself. RFC 4291 section 2.5.6 */
const LINK_LOCAL = parseIpPrefix('fe80::/10')!
/** Metrics that the kernel gives a route without one. */
const OWN_METRIC = { 4: 0, 16: 1024 } as const

/**
 * Judges a range that is to be led into a tunnel by what the host has. A narrower route wins in the kernel, so what is
 * looked at is what would win now: the host keeps its networks, and nobody loses a route. Addresses of `carriers` are
 * those that the tunnel itself sends to.
 */
export function judgeRoute(
  { destination, table }: WantedRoute,
  { before, routes }: HostRouting,
  carriers: readonly Uint8Array[],
): Verdict {
  if (liesWithin(destination, LINK_LOCAL)) return { is: 'free' }
  const asked = routes.filter(
    (route) => route.table === table || (table === MAIN_TABLE && before.has(route.table)),
  )
  const refusal = asked.find((route) => refuses(route, destination, table))
  if (refusal !== undefined) return { is: 'taken', route: refusal }
  const others = asked.filter(({ kind }) => kind !== 'refused')
  const now = narrowest(others.filter((route) => isAround(route.destination, destination)))
  const owner = now.find((route) => owns(route, destination))
  if (owner !== undefined) return { is: 'taken', route: owner }
  const network = now.find(({ kind }) => kind === 'connected')
  if (network !== undefined && isEqual(network.destination, destination)) return { is: 'left-alone', network }
  const cut = table === MAIN_TABLE ? cutOff(destination, others, carriers) : undefined
  if (cut !== undefined) return cut
  if (network !== undefined) return { is: 'left-alone', network }
  const holds = others.find((route) => liesWithin(route.destination, destination))
  return holds === undefined ? { is: 'free' } : { is: 'free', holds }
}

/** What only the tunnel would reach, though the tunnel itself or other routes need it outside. */
function cutOff(
  destination: Range,
  routes: readonly HostRoute[],
  carriers: readonly Uint8Array[],
): Verdict | undefined {
  const direct = routes.filter(({ destination, gateways }) => gateways.length === 0 && destination.bits > 0)
  for (const route of routes) {
    const address = route.gateways.find((gateway) => {
      if (!holds(destination, gateway)) return false
      const [way] = narrowest(direct.filter((one) => holds(one.destination, gateway)))
      return way !== undefined && way.destination.bits <= destination.bits
    })
    if (address !== undefined) return { is: 'next-hop', address, route }
  }
  for (const address of carriers) {
    if (!holds(destination, address)) continue
    const [route] = narrowest(routes.filter((one) => holds(one.destination, address)))
    if (route === undefined || route.destination.bits <= destination.bits)
      return { is: 'carrier', address, route }
  }
  return undefined
}

/** A route that refuses all is one to fall back to, unless it has the place of the one that is wanted. */
function refuses(
  { destination, kind, metric, table }: HostRoute,
  wanted: Range,
  wantedTable: number,
): boolean {
  const own = OWN_METRIC[wanted.address.length as 4 | 16]
  return kind === 'refused' && table === wantedTable && isEqual(destination, wanted) && metric <= own
}

/** Part of what goes to a gateway may go elsewhere; what an interface of somebody else's reaches itself may not. */
function owns({ destination, gateways, kind }: HostRoute, wanted: Range): boolean {
  return kind === "another's" && (isEqual(destination, wanted) || gateways.length === 0)
}

function isAround(range: Range, wanted: Range): boolean {
  return isEqual(range, wanted) || (range.bits >= MIN_BITS && liesWithin(wanted, range))
}

function isEqual(one: Range, other: Range): boolean {
  return one.bits === other.bits && liesWithin(one, other)
}

function holds(range: Range, address: Uint8Array): boolean {
  return liesWithin({ address, bits: address.length * 8 }, range)
}

/** The narrowest of them, the best metric first. */
function narrowest(routes: readonly HostRoute[]): HostRoute[] {
  const bits = Math.max(...routes.map(({ destination }) => destination.bits))
  return routes
    .filter(({ destination }) => destination.bits === bits)
    .sort((one, other) => one.metric - other.metric)
}
