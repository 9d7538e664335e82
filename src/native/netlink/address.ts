import { encodeAttribute, type NetlinkMessage, numberOf, parseAttributes } from './netlink-message.js'
import { AF_INET, AF_INET6 } from './route.js'

/** linux/rtnetlink.h, linux/if_addr.h */
export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22
/** Bytes of struct ifaddrmsg, and where its fields are. */
const ADDRESS_HEADER = 8
const FAMILY = 0
const BITS = 1
const FLAGS = 2
const INDEX = 4
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_CACHEINFO = 6
const IFA_FLAGS = 8
/** An IPv6 address that is not checked for duplicates: a tunnel has no neighbours. */
const IFA_F_NODAD = 0x02
/** The kernel makes no route to the address's network. */
const IFA_F_NOPREFIXROUTE = 0x200

/** An address of the host. */
export interface HostAddress {
  readonly family: 4 | 6
  /** The number of its interface. */
  readonly link: number
  /** 4 or 16 bytes. */
  readonly local: Uint8Array
  /** What is reached by the interface: the first `bits` of an address. */
  readonly network: { readonly address: Uint8Array; readonly bits: number }
  /** All of it, as the kernel tells it. */
  readonly body: Buffer
}

export function parseAddress({ body }: NetlinkMessage): HostAddress | undefined {
  const family = body[FAMILY] === AF_INET ? 4 : body[FAMILY] === AF_INET6 ? 6 : undefined
  if (family === undefined || body.length < ADDRESS_HEADER) return undefined
  const attributes = parseAttributes(body, ADDRESS_HEADER)
  const address = attributes.get(IFA_ADDRESS) ?? attributes.get(IFA_LOCAL)
  if (address === undefined) return undefined
  return {
    family,
    link: body.readUInt32LE(INDEX),
    local: attributes.get(IFA_LOCAL) ?? address,
    network: { address, bits: body[BITS]! },
    body,
  }
}

/** An address that a tunnel's interface gets. */
export interface NewAddress {
  /** 4 or 16 bytes. */
  readonly local: Uint8Array
  /** The address at the far end; undefined for a network. */
  readonly peer: Uint8Array | undefined
  /** Bits of the network that is reached by the interface. */
  readonly bits: number
  /** Whether the kernel leads that network to the interface; true if absent. */
  readonly routed?: boolean | undefined
}

export function encodeAddress(link: number, { bits, local, peer, routed = true }: NewAddress): Buffer {
  const header = Buffer.alloc(ADDRESS_HEADER)
  header[FAMILY] = local.length === 4 ? AF_INET : AF_INET6
  header[BITS] = bits
  header[FLAGS] = local.length === 4 ? 0 : IFA_F_NODAD
  header.writeUInt32LE(link, INDEX)
  return Buffer.concat([
    header,
    encodeAttribute(IFA_LOCAL, local),
    encodeAttribute(IFA_ADDRESS, peer ?? local),
    ...(routed ? [] : [encodeAttribute(IFA_FLAGS, header[FLAGS]! | IFA_F_NOPREFIXROUTE)]),
  ])
}

/** The body that adds the same address again once it is gone. */
export function encodeAgain({ body, family }: HostAddress): Buffer {
  const header = Buffer.from(body.subarray(0, ADDRESS_HEADER))
  const attributes = parseAttributes(body, ADDRESS_HEADER)
  header[FLAGS] = family === 6 ? IFA_F_NODAD : 0
  const routed = ((numberOf(attributes, IFA_FLAGS) ?? 0) & IFA_F_NOPREFIXROUTE) === 0
  const kept = [...attributes]
    .filter(([type]) => type !== IFA_CACHEINFO && type !== IFA_FLAGS)
    .map(([type, value]) => encodeAttribute(type, value))
  if (!routed) kept.push(encodeAttribute(IFA_FLAGS, header[FLAGS] | IFA_F_NOPREFIXROUTE))
  return Buffer.concat([header, ...kept])
}
