import dgram from 'node:dgram'
import { once } from 'node:events'
import { type ExchangeParts, exchange } from './exchange.js'
import { type OutsideParts, OutsideServers } from './outside-servers.js'

/** Questions that are under way at once, each with a socket; further ones are dropped, and asked again. */
const MAX_QUESTIONS = 64
/** Bytes of the header of a message, and the bit of its third one that says that it is an answer. RFC 1035 section 4.1.1 */
const HEADER = 12
const FLAGS = 2
const IS_ANSWER = 0x80

/** What a relay is made of. */
export interface NameRelayParts extends OutsideParts, ExchangeParts {}

/**
 * A port of the loopback at which questions about names are answered as name servers outside the tunnel answer them, byte for
 * byte, for programs that cannot mark what they ask. Over UDP alone.
 */
export class NameRelay {
  /** The same of IPv4 and, if the host has it, IPv6. */
  readonly port: number
  readonly #sockets: readonly dgram.Socket[]
  readonly #parts: NameRelayParts
  readonly #servers: OutsideServers
  readonly #underWay = new Set<AbortController>()

  private constructor(sockets: readonly dgram.Socket[], parts: NameRelayParts) {
    this.#sockets = sockets
    this.#parts = parts
    this.#servers = new OutsideServers(parts)
    this.port = sockets[0]!.address().port
    for (const socket of sockets) {
      socket.on('error', () => {}) // one that asked and is gone
      socket.on('message', (question, { address, port }) => {
        void this.#ask(question, (answer) => socket.send(answer, port, address))
      })
    }
  }

  static async open(parts: NameRelayParts): Promise<NameRelay> {
    const first = await bound('127.0.0.1', 0)
    const second = await bound('::1', first.address().port).catch(() => undefined)
    return new NameRelay(second === undefined ? [first] : [first, second], parts)
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
    for (const over of this.#underWay) over.abort()
  }

  /** The servers are asked in turn until one of them answers. */
  async #ask(question: Buffer, answer: (bytes: Uint8Array) => void): Promise<void> {
    if (question.length < HEADER || this.#underWay.size >= MAX_QUESTIONS) return
    const over = new AbortController()
    const { signal } = over
    const read = (bytes: Uint8Array) => (isAnswer(bytes, question) ? Buffer.from(bytes) : undefined)
    this.#underWay.add(over)
    try {
      for (const server of this.#servers.now().servers) {
        const found = await exchange(this.#parts, server, question, read, signal).catch(() => undefined)
        if (signal.aborted) return
        if (found !== undefined) return answer(found)
      }
    } finally {
      this.#underWay.delete(over)
    }
  }
}

/** Only the name server itself is heard, so that the number has to be right and no more. */
function isAnswer(bytes: Uint8Array, question: Uint8Array): boolean {
  const isSame = bytes[0] === question[0] && bytes[1] === question[1]
  return bytes.length >= HEADER && isSame && (bytes[FLAGS]! & IS_ANSWER) !== 0
}

async function bound(address: string, port: number): Promise<dgram.Socket> {
  const socket = dgram.createSocket({ type: address.includes(':') ? 'udp6' : 'udp4' })
  const listening = once(socket, 'listening')
  socket.bind(port, address)
  try {
    await listening
    return socket
  } catch (thrown) {
    socket.close()
    throw thrown
  }
}
