import { isIPv4 } from 'node:net'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'
import { NO_ERROR, NO_SUCH_NAME } from '../../../src/transports/dns/dns-message.js'

const HEADER_BYTES = 12
/** Types of records that hold an address. RFC 1035 section 3.2.2, RFC 3596 */
const RECORD_TYPES = { 4: 1, 6: 28 } as const

/** What a name server answers that knows these names and their addresses. */
export function answerTo(
  question: Uint8Array,
  known: Readonly<Record<string, readonly string[]>>,
  truncated = false,
): Uint8Array {
  const name = nameIn(question)
  const type = question[question.length - 3]
  const addresses = (known[name] ?? [])
    .filter((address) => type === RECORD_TYPES[isIPv4(address) ? 4 : 6])
    .map((address) => parseIpAddress(address)!)
  const records = addresses.map((data) =>
    Uint8Array.of(0xc0, HEADER_BYTES, 0, type!, 0, 1, 0, 0, 0, 60, 0, data.length, ...data),
  )
  return answer(question, name in known ? NO_ERROR : NO_SUCH_NAME, records, truncated)
}

/** A question with the header of an answer and these records behind it. */
export function answer(
  question: Uint8Array,
  code: number,
  records: readonly Uint8Array[],
  truncated = false,
): Uint8Array {
  const bytes = Buffer.concat([question, ...records])
  bytes[2] = truncated ? 0x83 : 0x81
  bytes[3] = 0x80 | code
  bytes[7] = records.length
  return bytes
}

function nameIn(question: Uint8Array): string {
  const labels: string[] = []
  for (let at = HEADER_BYTES; question[at]! > 0; at += question[at]! + 1) {
    labels.push(Buffer.from(question.subarray(at + 1, at + 1 + question[at]!)).toString('latin1'))
  }
  return labels.join('.').toLowerCase()
}
