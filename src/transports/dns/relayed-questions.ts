import { type ExchangeParts, exchange } from './exchange.js'

/** Questions that are under way at once, each with a socket; further ones are dropped, and asked again. */
const MAX_QUESTIONS = 64
/** Bytes of the header of a message, and the bit of its third one that says that it is an answer. RFC 1035 section 4.1.1 */
const HEADER = 12
const FLAGS = 2
const IS_ANSWER = 0x80

/** Questions that name servers outside the tunnel are asked for somebody, byte for byte, over UDP. */
export class RelayedQuestions {
  readonly #parts: ExchangeParts
  readonly #underWay = new Set<AbortController>()

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  /** Asks the servers in turn until one of them answers. Nothing is told if none does, or there are too many questions. */
  async ask(
    question: Uint8Array,
    servers: () => readonly string[],
    answer: (bytes: Uint8Array) => void,
  ): Promise<void> {
    if (question.length < HEADER || this.#underWay.size >= MAX_QUESTIONS) return
    const over = new AbortController()
    const { signal } = over
    const read = (bytes: Uint8Array) => (isAnswer(bytes, question) ? Buffer.from(bytes) : undefined)
    this.#underWay.add(over)
    try {
      for (const server of servers()) {
        const found = await exchange(this.#parts, server, question, read, signal).catch(() => undefined)
        if (signal.aborted) return
        if (found !== undefined) return answer(found)
      }
    } finally {
      this.#underWay.delete(over)
    }
  }

  /** Nothing is answered any more. */
  close(): void {
    for (const over of this.#underWay) over.abort()
  }
}

/** Only the name server itself is heard, so that the number has to be right and no more. */
function isAnswer(bytes: Uint8Array, question: Uint8Array): boolean {
  const isSame = bytes[0] === question[0] && bytes[1] === question[1]
  return bytes.length >= HEADER && isSame && (bytes[FLAGS]! & IS_ANSWER) !== 0
}
