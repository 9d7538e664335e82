import { type NetlinkMessage, parseAttributes } from './netlink-message.js'

/** linux/rtnetlink.h */
export const RTM_GETLINK = 18
/** Bytes of struct ifinfomsg, and where its fields are. */
const LINK_HEADER = 16
const INDEX = 4
const FLAGS = 8
const IFLA_IFNAME = 3
const IFF_UP = 1
const IFF_LOOPBACK = 8

/** A network interface of the host. */
export interface HostLink {
  readonly index: number
  readonly name: string
  readonly up: boolean
  readonly loopback: boolean
}

export function parseLink({ body }: NetlinkMessage): HostLink | undefined {
  if (body.length < LINK_HEADER) return undefined
  const name = parseAttributes(body, LINK_HEADER).get(IFLA_IFNAME)
  const flags = body.readUInt32LE(FLAGS)
  return {
    index: body.readInt32LE(INDEX),
    name: name?.toString('utf8').replace(/\0.*$/s, '') ?? '',
    up: (flags & IFF_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
  }
}
