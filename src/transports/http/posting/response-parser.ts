import { type Reason, reason } from '../../../core/reasons/reason.js'
import { beginsAnswer, endOfHead, type HttpAnswer, parseHead } from '../../proxy/http-head.js'

/** Bytes of an answer's headers, with those of interim ones before. */
export const MAX_HEADER_BYTES = 16 * 1024
/** Answers of 100 to 199 before the one that counts. */
const MAX_INTERIM = 8
/** Bytes of what extends a chunk's size, and of all that follows the last chunk. */
const MAX_LINE = 1024
/** Hexadecimal digits of a chunk's size. */
const MAX_DIGITS = 8
const SWITCHING_PROTOCOLS = 101
const NO_CONTENT = 204
const NOT_MODIFIED = 304
const CR = 0x0d
const LF = 0x0a

/** What an answer tells as it comes. */
export interface ResponseUser {
  /** Its head, once. */
  head(answer: HttpAnswer): void
  /** Part of its body: a view of what was read, lent for the call. */
  body(bytes: Uint8Array): void
}

/** What is read next: the head, bytes of the body, parts of the framing of chunks, what ends with the connection, or nothing. */
type State = 'head' | 'length' | 'size' | 'extension' | 'chunk' | 'chunk-end' | 'trailers' | 'rest' | 'whole'

/**
 * Reads the answer to a post, split anywhere (RFC 9112). Front ends cut answers into chunks of a few packets each: what of one
 * read belongs together is told together, moved to where it begins, since the user pays for each call.
 */
export class ResponseParser {
  /** Why this is no answer: nothing more is read. */
  bad: Reason | undefined
  readonly #user: ResponseUser
  readonly #who: string
  #state: State = 'head'
  #head = ''
  #headBytes = 0
  #interim = 0
  /** Bytes that are still to come of the body, or of a chunk. */
  #left = 0
  /** Characters of a line so far. */
  #line = 0
  #persistent = false

  /** @param who Who answers, in words. */
  constructor(user: ResponseUser, who: string) {
    this.#user = user
    this.#who = who
  }

  /** Whether all of it came. */
  get isWhole(): boolean {
    return this.#state === 'whole'
  }

  /** Whether something of it came. */
  get hasBegun(): boolean {
    return this.#state !== 'head' || this.#headBytes > 0 || this.#head !== ''
  }

  /** Whether another answer may follow on the same connection. */
  get isPersistent(): boolean {
    return this.#persistent
  }

  /** The connection ended, which ends a body of no told length. */
  end(): void {
    if (this.#state === 'rest') this.#state = 'whole'
  }

  /** Reads the next bytes, which may be changed. */
  push(bytes: Buffer): void {
    let at = 0
    let from = 0
    let to = 0
    while (at < bytes.length && this.bad === undefined) {
      switch (this.#state) {
        case 'head':
          at = this.#readHead(bytes, at)
          break
        case 'length':
        case 'chunk':
        case 'rest': {
          const end = Math.min(bytes.length, at + this.#left)
          if (from === to) from = to = at
          else bytes.copyWithin(to, at, end)
          to += end - at
          this.#take(end - at)
          at = end
          break
        }
        case 'whole': // bytes that nobody asked for
          this.#persistent = false
          at = bytes.length
          break
        default:
          this.#frame(bytes[at++]!)
      }
    }
    if (to > from) this.#user.body(bytes.subarray(from, to))
  }

  #take(length: number): void {
    this.#left -= length
    if (this.#left > 0) return
    this.#state = this.#state === 'length' ? 'whole' : 'chunk-end'
    this.#line = 0
  }

  /** Reads a byte of what is around chunks. RFC 9112 section 7.1 */
  #frame(byte: number): void {
    const isLineEnd = byte === LF
    switch (this.#state) {
      case 'size': {
        const digit = hexadecimal(byte)
        if (digit >= 0 && this.#line < MAX_DIGITS) {
          this.#left = this.#left * 16 + digit
          this.#line++
        } else if (this.#line === 0 || digit >= 0) this.#refuse('chunk size')
        else if (isLineEnd) this.#sized()
        else if (byte === CR || byte === 0x20 || byte === 0x09 || byte === 0x3b) this.#state = 'extension'
        else this.#refuse('chunk size')
        break
      }
      case 'extension':
        if (isLineEnd) this.#sized()
        else if (++this.#line > MAX_LINE) this.#refuse('chunk extension')
        break
      case 'chunk-end':
        if (byte === (this.#line === 0 ? CR : LF)) this.#line++
        else this.#refuse('chunk end')
        if (this.#line === 2) this.#nextChunk()
        break
      default:
        this.#trailer(byte)
    }
  }

  #nextChunk(): void {
    this.#state = 'size'
    this.#left = 0
    this.#line = 0
  }

  #sized(): void {
    this.#state = this.#left > 0 ? 'chunk' : 'trailers'
    this.#line = 0
    this.#headBytes = 0
  }

  /** Fields behind the last chunk say nothing to us. Up to an empty line. */
  #trailer(byte: number): void {
    if (++this.#headBytes > MAX_LINE) this.#refuse('trailers')
    else if (byte === LF && this.#line === 0) this.#state = 'whole'
    else if (byte === LF) this.#line = 0
    else if (byte !== CR) this.#line++
  }

  #readHead(bytes: Buffer, at: number): number {
    const before = this.#head.length
    const text = this.#head + bytes.toString('latin1', at, Math.min(bytes.length, at + MAX_HEADER_BYTES + 1))
    const end = endOfHead(text)
    if (!beginsAnswer(text.slice(0, 32))) this.#refuse('no status line')
    else if (this.#headBytes + (end ?? text.length) > MAX_HEADER_BYTES) {
      this.bad = reason('post-answer-long', { who: this.#who, most: MAX_HEADER_BYTES })
    } else if (end === undefined) this.#head = text
    else {
      this.#head = ''
      this.#headBytes += end
      this.#begin(parseHead(text.slice(0, end)))
      return at + end - before
    }
    return bytes.length
  }

  #begin(answer: HttpAnswer | undefined): void {
    if (answer === undefined) this.#refuse('no status line')
    else if (answer.status === SWITCHING_PROTOCOLS) this.#refuse('it switches protocols')
    else if (answer.status < 200) {
      if (++this.#interim > MAX_INTERIM) this.#refuse(`more than ${MAX_INTERIM} interim answers`)
    } else {
      this.#persistent = answer.persistent
      this.#state = this.#bodyOf(answer)
      if (this.bad === undefined) this.#user.head(answer)
    }
  }

  /** How its body is told from what follows. RFC 9112 section 6.3 */
  #bodyOf({ header, status }: HttpAnswer): State {
    if (status === NO_CONTENT || status === NOT_MODIFIED) return 'whole'
    const codings = header('transfer-encoding')
    const lengths = new Set(header('content-length'))
    if (codings.length > 0) {
      if (codings.length > 1 || codings[0]!.toLowerCase() !== 'chunked') this.#refuse('Transfer-Encoding')
      if (lengths.size > 0) this.#persistent = false
      return 'size'
    }
    const [length] = lengths
    if (length === undefined) {
      this.#persistent = false
      this.#left = Number.POSITIVE_INFINITY
      return 'rest'
    }
    if (lengths.size > 1 || !/^\d{1,15}$/.test(length)) this.#refuse('Content-Length')
    this.#left = Number(length)
    return this.#left === 0 ? 'whole' : 'length'
  }

  #refuse(code: string): void {
    this.bad = reason('post-not-http', { who: this.#who, code })
  }
}

/** What a digit counts, or -1. */
function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
