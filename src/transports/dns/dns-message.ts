import { type DecodedPacket, type Answer as DnsRecord, decode, encode, RECURSION_DESIRED } from 'dns-packet'
import { parseIpAddress } from '../../core/ip/ip-address.js'

/** Types of records that hold an address. RFC 1035 section 3.2.2, RFC 3596 */
const RECORD_TYPES = { 4: 'A', 6: 'AAAA' } as const
/** Codes of an answer, and the bits of the flags that hold them. RFC 1035 section 4.1.1 */
export const NO_ERROR = 0
export const NO_SUCH_NAME = 3
const CODE_MASK = 0x000f
/** Where a header counts the records behind the question, and where it ends. RFC 1035 section 4.1.1 */
const RECORD_COUNTS = 6
const HEADER_BYTES = 12
/** Bytes of a label, and of a name in all, with the length before each label and the root's. RFC 1035 section 2.3.4 */
const MAX_LABEL = 63
const MAX_NAME = 255
/** Names that one name leads to by CNAME, at the most. */
const MAX_ALIASES = 8

/** A question for the addresses of one family. */
export interface Question {
  /** 16 bits that nobody can guess. */
  readonly id: number
  readonly name: string
  readonly family: 4 | 6
}

/** What a name server said. */
export interface Answer {
  readonly code: number
  /** Whether more was to say than fits a datagram. */
  readonly truncated: boolean
  /** The bytes of each address. */
  readonly addresses: readonly Uint8Array[]
}

/** Answers that were dropped, by cause. */
export interface DnsDrops {
  /** They are no DNS messages, or records run past their end. */
  malformed: number
  /** They answer another question, or none. */
  unrelated: number
}

/** A question as it is sent; undefined if the name is invalid. */
export function encodeQuestion({ id, name, family }: Question): Uint8Array | undefined {
  if (!isName(name)) return undefined
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type: RECORD_TYPES[family], class: 'IN', name }],
  })
}

/** What a message answers to a question; undefined if it is not a whole answer to it, which is counted. */
export function decodeAnswer(message: Uint8Array, question: Question, drops: DnsDrops): Answer | undefined {
  const packet = decodeWhole(message) ?? decodeTruncated(message)
  if (packet === undefined) {
    drops.malformed++
    return undefined
  }
  if (!answers(packet, question)) {
    drops.unrelated++
    return undefined
  }
  const code = (packet.flags ?? 0) & CODE_MASK
  return { code, truncated: packet.flag_tc, addresses: addressesOf(question, packet) }
}

/** A message; undefined if it is none, or truncated. */
function decodeWhole(message: Uint8Array): DecodedPacket | undefined {
  try {
    const packet = decode(Buffer.from(message.buffer, message.byteOffset, message.length))
    return decode.bytes > message.length ? undefined : packet // an address is read past the end without a throw
  } catch {
    return undefined
  }
}

/** The header and question of a message that says it is truncated: it may end amid a record. RFC 2181 section 9 */
function decodeTruncated(message: Uint8Array): DecodedPacket | undefined {
  const packet = decodeWhole(Uint8Array.from(message).fill(0, RECORD_COUNTS, HEADER_BYTES))
  return packet?.flag_tc === true ? packet : undefined
}

/** Names are compared without regard to case. RFC 4343 */
function answers({ id, flag_qr, questions = [] }: DecodedPacket, question: Question): boolean {
  const [asked, ...more] = questions
  return (
    flag_qr &&
    id === question.id &&
    more.length === 0 &&
    asked?.type === RECORD_TYPES[question.family] &&
    asked.class === 'IN' &&
    canonical(asked.name) === canonical(question.name)
  )
}

/** The addresses of the name that was asked for, or of what it is an alias of. */
function addressesOf({ name, family }: Question, { answers = [] }: DecodedPacket): Uint8Array[] {
  let wanted = canonical(name)
  for (let alias = 0; alias < MAX_ALIASES; alias++) {
    const own = answers.filter((record) => canonical(record.name) === wanted)
    const [target] = textsOf(own, 'CNAME')
    if (target === undefined) {
      return textsOf(own, RECORD_TYPES[family]).map((address) => parseIpAddress(address)!)
    }
    wanted = canonical(target)
  }
  return []
}

/** What records of a type hold that the package reads as text. */
function textsOf(records: readonly DnsRecord[], type: 'CNAME' | 'A' | 'AAAA'): string[] {
  return records.flatMap((record) => (record.type === type && 'data' in record ? [String(record.data)] : []))
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}

/** Whether DNS can ask for a name: the package would write any. */
function isName(name: string): boolean {
  const lengths = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => Buffer.byteLength(label))
  const bytes = lengths.reduce((sum, length) => sum + length + 1, 1)
  return bytes <= MAX_NAME && lengths.every((length) => length > 0 && length <= MAX_LABEL)
}
