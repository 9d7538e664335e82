import {
  ATTRIBUTE_HEADER,
  type Attributes,
  aligned,
  encodeAttribute,
  type NetlinkMessage,
  numberOf,
  parseAttributes,
} from './netlink-message.js'

/** linux/rtnetlink.h */
export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26
/** Bytes of struct rtmsg, and where its fields are. */
export const ROUTE_HEADER = 12
const FAMILY = 0
const BITS = 1
const TABLE = 4
const PROTOCOL = 5
const SCOPE = 6
const TYPE = 7
const FLAGS = 8
/** Attributes of routes. */
export const RTA_DST = 1
export const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_MULTIPATH = 9
const RTA_CACHEINFO = 12
const RTA_TABLE = 15
const RTA_VIA = 18
const RTA_EXPIRES = 23
const RTA_NH_ID = 30
/** Types of routes. */
const RTN_UNICAST = 1
const RTN_UNREACHABLE = 7
const RTN_THROW = 9
/** Flags: a next hop that is out of use, one whose link has no carrier, and one that is on the link by what is said. */
const RTNH_F_DEAD = 1
const RTNH_F_ONLINK = 4
const RTNH_F_LINKDOWN = 16
/** An entry that the kernel made of another route. */
const RTM_F_CLONED = 0x200
const RT_SCOPE_LINK = 253
/** Bytes of struct rtnexthop, and where its flags are. */
const NEXT_HOP_HEADER = 8
const NEXT_HOP_FLAGS = 2
const NEXT_HOP_LINK = 4

/** Families of addresses as netlink numbers them. bits/socket.h */
export const AF_INET = 2
export const AF_INET6 = 10

/** Who made a route. linux/rtnetlink.h */
export const PROTOCOL_NUMBERS = { redirect: 1, kernel: 2, boot: 3, static: 4, ra: 9, dhcp: 16 } as const

/** The table of routes that nobody gave a table. linux/rtnetlink.h */
export const MAIN_TABLE = 254

/** The metric behind all others: a route of it counts if there is no other. */
export const LAST_METRIC = 2 ** 32 - 1

/** A route of the host. */
export interface Route {
  readonly family: 4 | 6
  readonly table: number
  /** Where it leads: the first `bits` of 4 or 16 bytes. */
  readonly destination: { readonly address: Uint8Array; readonly bits: number }
  /** Whether it leads packets on, in place of refusing them, or to this host itself. */
  readonly unicast: boolean
  /** The number of its interface; undefined if it has none, or several. */
  readonly link: number | undefined
  readonly gateway: Uint8Array | undefined
  readonly metric: number
  /** Who made it: `PROTOCOL_NUMBERS`, and others. */
  readonly protocol: number
  /** Whether it is of use at the moment. */
  readonly alive: boolean
  /** Whether the kernel made it of another one. */
  readonly cloned: boolean
  /** All of it, as the kernel tells it. */
  readonly body: Buffer
}

export function parseRoute({ body }: NetlinkMessage): Route | undefined {
  const family = body[FAMILY] === AF_INET ? 4 : body[FAMILY] === AF_INET6 ? 6 : undefined
  if (family === undefined || body.length < ROUTE_HEADER) return undefined
  const attributes = parseAttributes(body, ROUTE_HEADER)
  const flags = body.readUInt32LE(FLAGS)
  return {
    family,
    table: numberOf(attributes, RTA_TABLE) ?? body[TABLE]!,
    destination: {
      address: attributes.get(RTA_DST) ?? new Uint8Array(family === 4 ? 4 : 16),
      bits: body[BITS]!,
    },
    unicast: body[TYPE] === RTN_UNICAST,
    link: numberOf(attributes, RTA_OIF),
    gateway: gatewayOf(attributes),
    metric: numberOf(attributes, RTA_PRIORITY) ?? 0,
    protocol: body[PROTOCOL]!,
    alive: (flags & RTNH_F_DEAD) === 0,
    cloned: (flags & RTM_F_CLONED) !== 0,
    body,
  }
}

/** The gateways of a route, of each of its next hops. */
export function gatewaysOf({ body, gateway }: Route): Uint8Array[] {
  const nextHops = parseAttributes(body, ROUTE_HEADER).get(RTA_MULTIPATH)
  if (nextHops === undefined) return gateway === undefined ? [] : [gateway]
  return nextHopsOf(nextHops)
    .map((hop) => gatewayOf(parseAttributes(hop, NEXT_HOP_HEADER)))
    .filter((one) => one !== undefined)
}

/** The numbers of the interfaces that the next hops of a route lead by. */
export function nextHopLinks(attributes: Attributes): number[] {
  return nextHopsOf(attributes.get(RTA_MULTIPATH) ?? Buffer.alloc(0)).map((hop) =>
    hop.readInt32LE(NEXT_HOP_LINK),
  )
}

/** The body of a route by which packets of a family leave by an interface, to all destinations. */
export function defaultRoute(family: 4 | 6, table: number, protocol: number, link: number): Buffer {
  return linkRoute({ address: new Uint8Array(family === 4 ? 4 : 16), bits: 0 }, table, protocol, link)
}

/** The body of a route by which packets to a destination leave by an interface. */
export function linkRoute(
  { address, bits }: Route['destination'],
  table: number,
  protocol: number,
  link: number,
): Buffer {
  const family = address.length === 4 ? 4 : 6
  const header = routeHeader(family, protocol, RTN_UNICAST)
  header[BITS] = bits
  if (family === 4) header[SCOPE] = RT_SCOPE_LINK
  return Buffer.concat([
    header,
    ...(bits === 0 ? [] : [encodeAttribute(RTA_DST, address)]),
    encodeAttribute(RTA_TABLE, table),
    encodeAttribute(RTA_OIF, link),
  ])
}

/** The body of a route by which packets of a family are refused if the table has no other for them. */
export function unreachableRoute(family: 4 | 6, table: number, protocol: number): Buffer {
  return Buffer.concat([
    routeHeader(family, protocol, RTN_UNREACHABLE),
    encodeAttribute(RTA_TABLE, table),
    encodeAttribute(RTA_PRIORITY, LAST_METRIC),
  ])
}

/** The body of a route that has the kernel look on in the tables behind this one. ip-route(8): `throw` */
export function throwRoute({ address, bits }: Route['destination'], table: number, protocol: number): Buffer {
  const header = routeHeader(address.length === 4 ? 4 : 6, protocol, RTN_THROW)
  header[BITS] = bits
  return Buffer.concat([header, encodeAttribute(RTA_DST, address), encodeAttribute(RTA_TABLE, table)])
}

/** Whether a route has the kernel look on in other tables. */
export function isThrow({ body }: Pick<Route, 'body'>): boolean {
  return body[TYPE] === RTN_THROW
}

/**
 * The body of the same route in another table, of another maker. Its gateways are taken to be on their links, since the
 * other table may not say so.
 */
export function copyOf({ body }: Route, table: number, protocol: number): Buffer {
  const header = Buffer.from(body.subarray(0, ROUTE_HEADER))
  header[TABLE] = 0
  header[PROTOCOL] = protocol
  const attributes = parseAttributes(body, ROUTE_HEADER)
  const leftOut = new Set([RTA_TABLE, RTA_CACHEINFO, RTA_EXPIRES, ...toldTwice(attributes)])
  const onLink = attributes.has(RTA_GATEWAY) && !leftOut.has(RTA_GATEWAY)
  header.writeUInt32LE(onLink ? RTNH_F_ONLINK : 0, FLAGS)
  const copied = [...attributes]
    .filter(([type]) => !leftOut.has(type))
    .map(([type, value]) => encodeAttribute(type, type === RTA_MULTIPATH ? onLinks(value) : value))
  return Buffer.concat([header, ...copied, encodeAttribute(RTA_TABLE, table)])
}

/** The body that has the kernel delete a route of its own telling. */
export function removalOf({ body }: Pick<Route, 'body'>): Buffer {
  const attributes = parseAttributes(body, ROUTE_HEADER)
  const leftOut = toldTwice(attributes)
  const named = [...attributes].filter(([type]) => !leftOut.includes(type))
  return Buffer.concat([
    body.subarray(0, ROUTE_HEADER),
    ...named.map(([type, value]) => encodeAttribute(type, value)),
  ])
}

/** The kernel tells what a next hop's number stands for along with it, and takes only one of the two. */
function toldTwice(attributes: Attributes): readonly number[] {
  return attributes.has(RTA_NH_ID) ? [RTA_OIF, RTA_GATEWAY, RTA_VIA, RTA_MULTIPATH] : []
}

/** What two routes have in common exactly if one of them is a copy of the other. */
export function identityOf(route: Route): string {
  return copyOf(route, 0, 0).toString('hex')
}

function routeHeader(family: 4 | 6, protocol: number, type: number): Buffer {
  const header = Buffer.alloc(ROUTE_HEADER)
  header[FAMILY] = family === 4 ? AF_INET : AF_INET6
  header[PROTOCOL] = protocol
  header[TYPE] = type
  return header
}

/** A gateway of the route's own family, or of another one behind its family's number (struct rtvia). */
function gatewayOf(attributes: Attributes): Uint8Array | undefined {
  return attributes.get(RTA_GATEWAY) ?? attributes.get(RTA_VIA)?.subarray(2)
}

/** Each of the structs rtnexthop with its attributes. */
function nextHopsOf(bytes: Buffer): Buffer[] {
  const hops: Buffer[] = []
  for (let at = 0; at + NEXT_HOP_HEADER <= bytes.length; ) {
    const length = bytes.readUInt16LE(at)
    if (length < NEXT_HOP_HEADER) break
    hops.push(bytes.subarray(at, at + length))
    at += aligned(length)
  }
  return hops
}

/** Next hops without what the kernel thinks of them at the moment, each on its link. */
function onLinks(nextHops: Buffer): Buffer {
  const copy = Buffer.from(nextHops)
  for (let at = 0; at + NEXT_HOP_HEADER <= copy.length; ) {
    const length = copy.readUInt16LE(at)
    if (length < NEXT_HOP_HEADER) break
    const flags = copy[at + NEXT_HOP_FLAGS]! & ~(RTNH_F_DEAD | RTNH_F_LINKDOWN)
    const hasGateway = length > NEXT_HOP_HEADER + ATTRIBUTE_HEADER
    copy[at + NEXT_HOP_FLAGS] = hasGateway ? flags | RTNH_F_ONLINK : flags
    at += aligned(length)
  }
  return copy
}
