/** Types of messages that may come after the handshake. RFC 8446 section 4 */
const NEW_SESSION_TICKET = 4
const KEY_UPDATE = 24
const LENGTH_BYTES = 3
const HEADER = 1 + LENGTH_BYTES
const KEY_UPDATE_BYTES = 1
const [NOT_REQUESTED, REQUESTED] = [0, 1]

/** What came in a record of handshake messages. */
export type HandshakeEvent = 'nothing' | 'key-update' | 'key-update-requested' | 'unexpected' | 'broken'

/** Reads what is left of the handshake protocol once the handshake is over: tickets, which are ignored, and KeyUpdates. */
export class HandshakeReader {
  readonly #isClient: boolean
  readonly #header = new Uint8Array(HEADER)
  #have = 0
  /** Bytes of a ticket that are still to come. */
  #skip = 0

  constructor(isClient: boolean) {
    this.#isClient = isClient
  }

  /** Whether a message has begun and not ended: no other record may come between. */
  get isInside(): boolean {
    return this.#have > 0 || this.#skip > 0
  }

  /** Takes the content of one record. A KeyUpdate has to be the last in it. RFC 8446 section 5.1 */
  read(content: Uint8Array): HandshakeEvent {
    let at = 0
    while (at < content.length) {
      const skipped = Math.min(this.#skip, content.length - at)
      this.#skip -= skipped
      at += skipped
      while (at < content.length && this.#have < HEADER) this.#header[this.#have++] = content[at++]!
      if (this.#have < HEADER) break
      const [type, high, middle, low] = this.#header as unknown as [number, number, number, number]
      const length = (high << 16) | (middle << 8) | low
      if (type === KEY_UPDATE) {
        if (length !== KEY_UPDATE_BYTES) return 'broken'
        if (at === content.length) break
        return this.#keyUpdate(content, at)
      }
      if (type !== NEW_SESSION_TICKET || !this.#isClient) return 'unexpected'
      this.#have = 0
      this.#skip = length
    }
    return 'nothing'
  }

  #keyUpdate(content: Uint8Array, at: number): HandshakeEvent {
    const request = content[at]!
    if (at + 1 !== content.length) return 'unexpected'
    if (request !== NOT_REQUESTED && request !== REQUESTED) return 'broken'
    this.#have = 0
    return request === REQUESTED ? 'key-update-requested' : 'key-update'
  }
}

/** A KeyUpdate that asks for none in return. */
export const KEY_UPDATE_MESSAGE = Uint8Array.of(KEY_UPDATE, 0, 0, KEY_UPDATE_BYTES, NOT_REQUESTED)
