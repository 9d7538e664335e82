/** Types of records that hold an address. RFC 1035 section 3.2.2, RFC 3596 */
export const RECORD_TYPES = { 4: 1, 6: 28 } as const
const CNAME = 5
const INTERNET = 1

/** Where the fields of a header are, and its length. RFC 1035 section 4.1.1 */
const ID = 0
const FLAGS = 2
const QUESTIONS = 4
const ANSWERS = 6
const HEADER_BYTES = 12
const FLAG_RESPONSE = 0x8000
const FLAG_TRUNCATED = 0x0200
const FLAG_RECURSION_DESIRED = 0x0100
const CODE_MASK = 0x000f

/** Codes of an answer. RFC 1035 section 4.1.1 */
export const NO_ERROR = 0
export const NO_SUCH_NAME = 3

/** Bytes of the type and class behind a question's name; and of type, class, time to live and length of a record. */
const QUESTION_TAIL = 4
const RECORD_TAIL = 10
const RECORD_LENGTH = 8
/** Bytes of a label, and of a name in all. RFC 1035 section 2.3.4 */
const MAX_LABEL = 63
const MAX_NAME = 255
const POINTER = 0xc0
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

/** A question as it is sent; undefined where the name is none. */
export function encodeQuestion({ id, name, family }: Question): Uint8Array | undefined {
  const encoded = encodeName(name)
  if (encoded === undefined) return undefined
  const bytes = new Uint8Array(HEADER_BYTES + encoded.length + QUESTION_TAIL)
  const view = new DataView(bytes.buffer)
  view.setUint16(ID, id)
  view.setUint16(FLAGS, FLAG_RECURSION_DESIRED)
  view.setUint16(QUESTIONS, 1)
  bytes.set(encoded, HEADER_BYTES)
  view.setUint16(HEADER_BYTES + encoded.length, RECORD_TYPES[family])
  view.setUint16(HEADER_BYTES + encoded.length + 2, INTERNET)
  return bytes
}

/** What a datagram answers to a question; undefined where it is no whole answer to it. */
export function decodeAnswer(bytes: Uint8Array, question: Question): Answer | undefined {
  const asked = encodeQuestion(question)
  if (asked === undefined || bytes.length < asked.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.getUint16(FLAGS)
  if (view.getUint16(ID) !== question.id || (flags & FLAG_RESPONSE) === 0) return undefined
  if (view.getUint16(QUESTIONS) !== 1 || !sameQuestion(bytes, asked)) return undefined
  const truncated = (flags & FLAG_TRUNCATED) !== 0
  const records = readRecords(bytes, view, asked.length, view.getUint16(ANSWERS))
  if (records === undefined && !truncated) return undefined
  const addresses = addressesOf(question, records ?? [])
  return { code: flags & CODE_MASK, truncated, addresses }
}

/** Names are compared without regard to case. RFC 4343 */
function sameQuestion(bytes: Uint8Array, asked: Uint8Array): boolean {
  for (let at = HEADER_BYTES; at < asked.length; at++) {
    if (lowerCase(bytes[at]!) !== lowerCase(asked[at]!)) return false
  }
  return true
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte
}

interface DnsRecord {
  readonly name: string
  readonly type: number
  readonly data: Uint8Array
  /** The name that a CNAME leads to. */
  readonly target: string | undefined
}

function readRecords(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  count: number,
): DnsRecord[] | undefined {
  const records: DnsRecord[] = []
  let at = start
  for (let record = 0; record < count; record++) {
    const name = readName(bytes, at)
    if (name === undefined || name.end + RECORD_TAIL > bytes.length) return undefined
    const type = view.getUint16(name.end)
    const from = name.end + RECORD_TAIL
    at = from + view.getUint16(name.end + RECORD_LENGTH)
    if (at > bytes.length) return undefined
    const target = type === CNAME ? readName(bytes, from)?.text : undefined
    records.push({ name: name.text, type, data: Uint8Array.from(bytes.subarray(from, at)), target })
  }
  return records
}

/** The addresses of the name that was asked for, or of what it is an alias of. */
function addressesOf({ name, family }: Question, records: readonly DnsRecord[]): Uint8Array[] {
  let wanted = name.toLowerCase().replace(/\.$/, '')
  for (let alias = 0; alias < MAX_ALIASES; alias++) {
    const own = records.filter((record) => record.name === wanted)
    const target = own.find((record) => record.target !== undefined)?.target
    if (target === undefined) {
      const bytes = family === 4 ? 4 : 16
      return own
        .filter(({ type, data }) => type === RECORD_TYPES[family] && data.length === bytes)
        .map(({ data }) => data)
    }
    wanted = target
  }
  return []
}

function encodeName(name: string): Uint8Array | undefined {
  const labels = name.replace(/\.$/, '').split('.')
  const encoded: number[] = []
  for (const label of labels) {
    const bytes = Buffer.from(label, 'latin1')
    if (bytes.length < 1 || bytes.length > MAX_LABEL) return undefined
    encoded.push(bytes.length, ...bytes)
  }
  encoded.push(0)
  return encoded.length <= MAX_NAME ? Uint8Array.from(encoded) : undefined
}

/** The name at an offset, in lower case, and where what follows it begins. A pointer leads backwards, so it ends. */
function readName(bytes: Uint8Array, at: number): { text: string; end: number } | undefined {
  const labels: string[] = []
  let end: number | undefined
  let length = 0
  let before = at
  for (;;) {
    const size = bytes[at]
    if (size === undefined) return undefined
    if ((size & POINTER) === POINTER) {
      const low = bytes[at + 1]
      if (low === undefined) return undefined
      end ??= at + 2
      const target = ((size & ~POINTER) << 8) | low
      if (target >= before) return undefined
      at = target
      before = target
      continue
    }
    if (size > MAX_LABEL) return undefined
    if (size === 0) return { text: labels.join('.'), end: end ?? at + 1 }
    length += size + 1
    if (length > MAX_NAME || at + 1 + size > bytes.length) return undefined
    labels.push(
      Buffer.from(bytes.subarray(at + 1, at + 1 + size))
        .toString('latin1')
        .toLowerCase(),
    )
    at += size + 1
  }
}
