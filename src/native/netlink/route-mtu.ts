import { encodeAttribute, type NetlinkMessage, numberOf, parseAttributes } from './netlink-message.js'
import { AF_INET, AF_INET6, nextHopLinks, ROUTE_HEADER, RTA_DST, RTA_OIF } from './route.js'

/** Fields of struct rtmsg, and attributes of routes. linux/rtnetlink.h */
const FAMILY = 0
const DESTINATION_BITS = 1
const SOURCE_BITS = 2
const FLAGS = 8
const RTA_SRC = 2
const RTA_METRICS = 8
const RTA_MARK = 16
/** Within RTA_METRICS. */
const RTAX_MTU = 2
/** Asks for the route itself, without what routers on the way said of it: anybody may have said that. Linux 4.13 */
const RTM_F_FIB_MATCH = 0x2000

/** What a route leads by. */
export interface RouteQuestion {
  /** 4 or 16 bytes. */
  readonly destination: Uint8Array
  /** Where the packets come from; undefined if the kernel chooses. */
  readonly source: Uint8Array | undefined
  /** What they are marked with; 0 for nothing. */
  readonly mark: number
  /** The number of the interface that they have to leave by; 0 for any. */
  readonly link: number
}

/** The body of a question for the route by which packets leave. */
export function encodeRouteQuestion({ destination, source, mark, link }: RouteQuestion): Buffer {
  const header = Buffer.alloc(ROUTE_HEADER)
  header[FAMILY] = destination.length === 4 ? AF_INET : AF_INET6
  header[DESTINATION_BITS] = destination.length * 8
  header[SOURCE_BITS] = (source?.length ?? 0) * 8
  header.writeUInt32LE(RTM_F_FIB_MATCH, FLAGS)
  return Buffer.concat([
    header,
    encodeAttribute(RTA_DST, destination),
    ...(source === undefined ? [] : [encodeAttribute(RTA_SRC, source)]),
    ...(mark === 0 ? [] : [encodeAttribute(RTA_MARK, mark)]),
    ...(link === 0 ? [] : [encodeAttribute(RTA_OIF, link)]),
  ])
}

/** What a route says of its packets: bytes at the most, if it says so, and the numbers of the interfaces they leave by. */
export function parseRouteAnswer({ body }: NetlinkMessage): { mtu: number | undefined; links: number[] } {
  const attributes = parseAttributes(body, ROUTE_HEADER)
  const metrics = attributes.get(RTA_METRICS)
  const link = numberOf(attributes, RTA_OIF)
  return {
    mtu: metrics && numberOf(parseAttributes(metrics, 0), RTAX_MTU),
    links: link === undefined ? nextHopLinks(attributes) : [link],
  }
}
