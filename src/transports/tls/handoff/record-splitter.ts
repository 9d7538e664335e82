import { CONTENT, HEADER_BYTES, LENGTH_AT, MAX_CONTENT } from '../record.js'

/** Bytes behind the header of any record of any version of TLS. RFC 5246 section 6.2.3 */
const MAX_RECORD = MAX_CONTENT + 2048

/** Cuts a stream of bytes into the records of TLS, sealed or not. */
export class RecordSplitter {
  #rest: Buffer | undefined

  /** What came and was not returned: the beginning of a record, or all from where it was no TLS. */
  takeRest(): Buffer | undefined {
    const rest = this.#rest
    this.#rest = undefined
    return rest
  }

  /** The records that are whole now; undefined if this is no TLS. */
  push(chunk: Buffer): Buffer[] | undefined {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk])
    const records: Buffer[] = []
    let from = 0
    this.#rest = bytes
    while (from < bytes.length) {
      const type = bytes[from]!
      if (type < CONTENT.changeCipherSpec || type > CONTENT.data) return undefined
      if (from + HEADER_BYTES > bytes.length) break
      const length = bytes.readUInt16BE(from + LENGTH_AT)
      if (length > MAX_RECORD) return undefined
      const next = from + HEADER_BYTES + length
      if (next > bytes.length) break
      records.push(bytes.subarray(from, next))
      from = next
    }
    this.#rest = from < bytes.length ? bytes.subarray(from) : undefined
    return records
  }
}
