import { encodeAttribute, type NetlinkMessage, numberOf, parseAttributes } from './netlink-message.js'

/** linux/rtnetlink.h */
export const RTM_NEWLINK = 16
export const RTM_GETLINK = 18
/** Bytes of struct ifinfomsg, and where its fields are. */
const LINK_HEADER = 16
const INDEX = 4
const FLAGS = 8
const CHANGE = 12
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFLA_MASTER = 10
const IFLA_LINKINFO = 18
const IFLA_GSO_MAX_SEGS = 40
const IFLA_GSO_MAX_SIZE = 41
/** Within IFLA_LINKINFO. linux/if_link.h */
const IFLA_INFO_KIND = 1
const IFF_UP = 1
const IFF_LOOPBACK = 8

/** A network interface of the host. */
export interface HostLink {
  readonly index: number
  readonly name: string
  readonly up: boolean
  readonly loopback: boolean
  /** What made it, such as `bridge`, `tun` or `veth`; undefined for a network card. */
  readonly kind: string | undefined
  /** The number of the interface that it is a port of, as of a bridge. */
  readonly master: number | undefined
}

export function parseLink({ body }: NetlinkMessage): HostLink | undefined {
  if (body.length < LINK_HEADER) return undefined
  const attributes = parseAttributes(body, LINK_HEADER)
  const kind = attributes.get(IFLA_LINKINFO)
  const flags = body.readUInt32LE(FLAGS)
  return {
    index: body.readInt32LE(INDEX),
    name: textOf(attributes.get(IFLA_IFNAME)) ?? '',
    up: (flags & IFF_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    kind: kind === undefined ? undefined : textOf(parseAttributes(kind, 0).get(IFLA_INFO_KIND)),
    master: numberOf(attributes, IFLA_MASTER),
  }
}

/** The body of a question for an interface. */
export function encodeLinkQuestion(index: number): Buffer {
  const header = Buffer.alloc(LINK_HEADER)
  header.writeInt32LE(index, INDEX)
  return header
}

/** Bytes of the largest packet that an interface carries. */
export function linkMtu({ body }: NetlinkMessage): number | undefined {
  return numberOf(parseAttributes(body, LINK_HEADER), IFLA_MTU)
}

/** Kernels write a zero behind a text, or not. */
function textOf(value: Buffer | undefined): string | undefined {
  return value?.toString('utf8').replace(/\0.*$/s, '')
}

/** What is set of an interface; what is absent stays. */
export interface LinkSettings {
  readonly up?: true
  /** Bytes. */
  readonly mtu?: number
  /** Bytes and segments of a super-packet at the most. */
  readonly superPacket?: { readonly bytes: number; readonly segments: number }
}

export function encodeLink(index: number, { mtu, superPacket, up }: LinkSettings): Buffer {
  const header = Buffer.alloc(LINK_HEADER)
  header.writeInt32LE(index, INDEX)
  if (up) {
    header.writeUInt32LE(IFF_UP, FLAGS)
    header.writeUInt32LE(IFF_UP, CHANGE)
  }
  const attributes: Buffer[] = [header]
  if (mtu !== undefined) attributes.push(encodeAttribute(IFLA_MTU, mtu))
  if (superPacket !== undefined) {
    attributes.push(encodeAttribute(IFLA_GSO_MAX_SIZE, superPacket.bytes))
    attributes.push(encodeAttribute(IFLA_GSO_MAX_SEGS, superPacket.segments))
  }
  return Buffer.concat(attributes)
}
