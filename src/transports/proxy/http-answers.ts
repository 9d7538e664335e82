import type { Socket } from 'node:net'
import { type Failure, failure } from '../../core/reasons/reason.js'
import { abortedWith } from '../../core/time/aborted-with.js'
import type { Clock } from '../../core/time/clock.js'
import { abortable } from '../net/within.js'
import { endOfBody } from './http-body.js'
import { beginsAnswer, endOfHead, type HttpAnswer, parseHead } from './http-head.js'

/** Bytes of a proxy's answers to one request, with their headers; longer ones end the attempt. */
export const MAX_ANSWER = 16 * 1024
/** Answers of 100 to 199 before the one that counts. */
const MAX_INTERIM = 8
/** Bytes of a body that is read so that its connection can be used again. */
const MAX_BODY = 64 * 1024
/** Milliseconds that such a body is waited for. Some proxies announce one and send none. */
const BODY_PATIENCE = 1_000
const SWITCHING_PROTOCOLS = 101
/** Characters of an empty line and what stands before it, but the last one. */
const MOST_OF_BLANK = 4

/**
 * Reads the answers to CONNECT requests from a socket that is not flowing. Node's own parser takes a Content-Length of a 2xx for
 * that of a body, which RFC 9110 section 9.3.6 has ignored, and leaves a refusal's body unread, so that its connection is lost.
 */
export class HttpAnswers {
  readonly #socket: Socket
  readonly #proxy: string
  readonly #signal: AbortSignal
  #bytes = Buffer.alloc(0)
  /** What the proxy was asked last. */
  #question = ''

  /** @param proxy Who answers, as it may be written into logs. */
  constructor(socket: Socket, proxy: string, signal: AbortSignal) {
    this.#socket = socket
    this.#proxy = proxy
    this.#signal = signal
  }

  /** Whether a part of the next answer came. */
  get hasBegun(): boolean {
    return this.#bytes.length + this.#socket.readableLength > 0
  }

  /**
   * The next answer that counts, to what the proxy was asked; interim ones are read over. Undefined if the connection ended before the first byte.
   *
   * @throws Failure that tells what is wrong with it.
   */
  async next(question: string): Promise<HttpAnswer | undefined> {
    this.#question = question
    let read = 0
    for (let interim = 0; interim <= MAX_INTERIM; interim++) {
      const head = await this.#head(MAX_ANSWER - read)
      if (head === undefined) {
        if (interim === 0 && this.#bytes.length === 0) return undefined
        throw failure('proxy-closed-amid', { proxy: this.#proxy, question })
      }
      read += head.length
      const answer = parseHead(head)
      if (answer === undefined) throw this.#notHttp()
      if (answer.status === SWITCHING_PROTOCOLS) throw failure('proxy-upgrades', { proxy: this.#proxy })
      if (answer.status >= 200) return answer
    }
    throw failure('proxy-answers-many', { proxy: this.#proxy, most: MAX_INTERIM })
  }

  /** Reads over the body of an answer that is no 2xx. False if it cannot be told where the next answer begins, or not in time. */
  async skipBody(answer: HttpAnswer, clock: Clock): Promise<boolean> {
    if (!answer.persistent) return false
    let late = false
    const over = new AbortController()
    const timer = clock.schedule(BODY_PATIENCE, () => {
      late = true
      over.abort()
    })
    const until = abortedWith([this.#signal, over.signal])
    try {
      for (;;) {
        const end = endOfBody(answer, this.#bytes)
        if (end === 'unknown' || this.#bytes.length > MAX_BODY) return false
        if (end !== 'more') {
          this.#bytes = this.#bytes.subarray(end)
          return true
        }
        if (!(await this.#more(until.signal))) return false
      }
    } catch (thrown) {
      if (late) return false
      throw thrown
    } finally {
      timer.cancel()
      until.forget()
    }
  }

  /** Puts back into the socket what was read beyond the last answer. */
  giveBack(): void {
    if (this.#bytes.length > 0) this.#socket.unshift(this.#bytes)
    this.#bytes = Buffer.alloc(0)
  }

  #notHttp(): Failure {
    return failure('proxy-not-http', { proxy: this.#proxy, question: this.#question })
  }

  /** The lines of the next head with the empty one behind; undefined if the connection ends before. */
  async #head(most: number): Promise<string | undefined> {
    for (let looked = 0; ; ) {
      const from = Math.max(0, looked - MOST_OF_BLANK)
      const text = this.#bytes.toString('latin1', from)
      const blank = endOfHead(text)
      const end = blank === undefined ? undefined : from + blank
      if ((end ?? this.#bytes.length) > most)
        throw failure('proxy-answer-long', { proxy: this.#proxy, most: MAX_ANSWER })
      if (!beginsAnswer(this.#bytes.toString('latin1', 0, 32))) throw this.#notHttp()
      if (end !== undefined) {
        const head = this.#bytes.toString('latin1', 0, end)
        this.#bytes = this.#bytes.subarray(end)
        return head
      }
      looked = this.#bytes.length
      if (!(await this.#more(this.#signal))) return undefined
    }
  }

  /** Waits for further bytes. False if the connection ended. */
  async #more(signal: AbortSignal): Promise<boolean> {
    const chunk = await nextChunk(this.#socket, signal)
    if (chunk !== undefined) this.#bytes = Buffer.concat([this.#bytes, chunk])
    return chunk !== undefined
  }
}

/** What a socket that is not flowing has next; undefined if it ended. */
function nextChunk(socket: Socket, signal: AbortSignal): Promise<Buffer | undefined> {
  return abortable(signal, (resolve) => {
    const look = () => {
      const chunk = socket.read() as Buffer | null
      if (chunk !== null) resolve(chunk)
      else if (socket.readableEnded || socket.destroyed) resolve(undefined)
    }
    const events = ['readable', 'end', 'close'] as const
    for (const event of events) socket.on(event, look)
    queueMicrotask(look)
    return () => {
      for (const event of events) socket.removeListener(event, look)
    }
  })
}
