import { HEAD_BYTES, type Head, MAX_RECORD, RECORD, RECORD_BYTES, readHead } from './wire.js'

/** What an answer tells as it comes. */
export interface AnswerUser {
  /** The answer's head; false if it does not belong here. */
  began(head: Head): boolean
  /** Data that begins at an offset, lent for the call. */
  data(offset: number, bytes: Uint8Array): void
  acked(offset: number): void
}

/** Reads the body of an answer, which may be split anywhere. */
export class AnswerReader {
  /** Set if this is no answer of ours: nothing more is read. */
  isBad = false
  /** Whether all came that the answer has. */
  isWhole = false
  /** Whether its head came. */
  hasBegun = false
  readonly #user: AnswerUser
  /** A head, of the answer or a record, or an offset, that did not come in one piece. */
  readonly #part = new Uint8Array(HEAD_BYTES)
  #filled = 0
  #wanted = HEAD_BYTES
  #isStream = false
  #offset = 0
  /** Bytes of a record's data that are still to come; all that comes if the answer is no stream. */
  #left = 0
  #record: number | undefined

  constructor(user: AnswerUser) {
    this.#user = user
  }

  /** Reads the next bytes of the body. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.isBad)
      at = this.#left > 0 ? this.#data(chunk, at) : this.#fill(chunk, at)
  }

  #data(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#left)
    this.#user.data(this.#offset, chunk.subarray(at, end))
    this.#offset += end - at
    this.#left -= end - at
    return end
  }

  #fill(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#wanted - this.#filled)
    this.#part.set(chunk.subarray(at, end), this.#filled)
    this.#filled += end - at
    if (this.#filled < this.#wanted) return end
    this.#filled = 0
    if (!this.hasBegun) this.#begin()
    else if (this.#record === undefined) this.#beginRecord()
    else this.#takeOffset()
    return end
  }

  #begin(): void {
    const head = readHead(this.#part)
    const isAnswer = head?.kind === 'whole' || head?.kind === 'stream'
    if (head === undefined || !isAnswer || !this.#user.began(head)) {
      this.isBad = true
      return
    }
    this.hasBegun = true
    this.#offset = head.offset
    this.#isStream = head.kind === 'stream'
    if (this.#isStream) this.#wanted = RECORD_BYTES
    else {
      this.#left = Number.POSITIVE_INFINITY
      this.isWhole = true // its length is that of the body
    }
  }

  #beginRecord(): void {
    const [type, high, middle, low] = this.#part as unknown as [number, number, number, number]
    const length = (high << 16) | (middle << 8) | low
    if (this.isWhole) this.isBad = true
    else if (type === RECORD.data && length <= MAX_RECORD) this.#left = length
    else if ((type === RECORD.mark || type === RECORD.skip) && length === 8) {
      this.#record = type
      this.#wanted = length
    } else if (type === RECORD.end && length === 0) this.isWhole = true
    else this.isBad = true
  }

  #takeOffset(): void {
    const offset = Number(new DataView(this.#part.buffer).getBigUint64(0))
    if (this.#record === RECORD.mark) this.#user.acked(offset)
    else this.#offset = offset
    this.#record = undefined
    this.#wanted = RECORD_BYTES
  }
}
