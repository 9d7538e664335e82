import {
  type Attributes,
  encodeAttribute,
  type NetlinkMessage,
  numberOf,
  parseAttributes,
} from './netlink-message.js'
import { AF_INET, AF_INET6, MAIN_TABLE } from './route.js'

/** linux/fib_rules.h */
export const RTM_NEWRULE = 32
export const RTM_DELRULE = 33
export const RTM_GETRULE = 34
/** Bytes of struct fib_rule_hdr, and where its fields are. */
const RULE_HEADER = 12
const FAMILY = 0
const TOS = 3
const TABLE = 4
const ACTION = 7
const FLAGS = 8
const FRA_PRIORITY = 6
const FRA_FWMARK = 10
const FRA_TABLE = 15
const FRA_FWMASK = 16
const FRA_UID_RANGE = 20
const FRA_PROTOCOL = 21
/** Attributes that only some packets match: FRA_DST, SRC, IIFNAME, L3MDEV, OIFNAME, UID_RANGE, IP_PROTO, SPORT, DPORT. */
const SELECTORS = [1, 2, 3, 17, 19, 20, 22, 23, 24]
const FR_ACT_TO_TBL = 1
/** The rule is for packets that it does not match. */
const FIB_RULE_INVERT = 2

/** A routing rule that leads all packets but those of a mark to a table. */
export interface MarkRule {
  readonly family: 4 | 6
  readonly priority: number
  readonly mark: number
  readonly table: number
}

/** A routing rule that leads all packets of a user's programs to the main table. */
export interface UserRule {
  readonly family: 4 | 6
  readonly priority: number
  readonly user: number
}

/** A routing rule of the host, as far as others are looked at. */
export interface ShownRule {
  readonly priority: number
  readonly table: number
  readonly mark: number
  readonly mask: number
  readonly protocol: number
  readonly inverted: boolean
  /** Whether it leads packets to its table wherever they come from and go to, maybe but for those of a mark. */
  readonly forAll: boolean
}

export function parseRule({ body }: NetlinkMessage): ShownRule | undefined {
  if (body.length < RULE_HEADER) return undefined
  const attributes = parseAttributes(body, RULE_HEADER)
  const inverted = (body.readUInt32LE(FLAGS) & FIB_RULE_INVERT) !== 0
  const mark = numberOf(attributes, FRA_FWMARK) ?? 0
  const mask = numberOf(attributes, FRA_FWMASK) ?? 0
  const selects = body[TOS] !== 0 || SELECTORS.some((type) => isSelector(attributes, type))
  const byMark = mark !== 0 || mask !== 0
  return {
    priority: numberOf(attributes, FRA_PRIORITY) ?? 0,
    table: numberOf(attributes, FRA_TABLE) ?? body[TABLE]!,
    mark,
    mask,
    protocol: attributes.get(FRA_PROTOCOL)?.[0] ?? 0,
    inverted,
    forAll: body[ACTION] === FR_ACT_TO_TBL && !selects && byMark === inverted,
  }
}

/** The kernel may report FRA_L3MDEV as 0, which selects nothing. */
function isSelector(attributes: Attributes, type: number): boolean {
  return attributes.get(type)?.some((byte) => byte !== 0) ?? false
}

export function encodeRule(rule: MarkRule | UserRule, protocol: number): Buffer {
  return 'user' in rule ? encodeUserRule(rule, protocol) : encodeMarkRule(rule, protocol)
}

function encodeMarkRule({ family, priority, mark, table }: MarkRule, protocol: number): Buffer {
  return Buffer.concat([
    headerOf(family, FIB_RULE_INVERT),
    encodeAttribute(FRA_PRIORITY, priority),
    encodeAttribute(FRA_FWMARK, mark),
    encodeAttribute(FRA_TABLE, table),
    encodeAttribute(FRA_PROTOCOL, Uint8Array.of(protocol)),
  ])
}

function encodeUserRule({ family, priority, user }: UserRule, protocol: number): Buffer {
  const range = Buffer.alloc(8) // struct fib_rule_uid_range: the first one and the last
  range.writeUInt32LE(user, 0)
  range.writeUInt32LE(user, 4)
  return Buffer.concat([
    headerOf(family, 0),
    encodeAttribute(FRA_PRIORITY, priority),
    encodeAttribute(FRA_TABLE, MAIN_TABLE),
    encodeAttribute(FRA_UID_RANGE, range),
    encodeAttribute(FRA_PROTOCOL, Uint8Array.of(protocol)),
  ])
}

function headerOf(family: 4 | 6, flags: number): Buffer {
  const header = Buffer.alloc(RULE_HEADER)
  header[FAMILY] = family === 4 ? AF_INET : AF_INET6
  header[ACTION] = FR_ACT_TO_TBL
  header.writeUInt32LE(flags, FLAGS)
  return header
}
