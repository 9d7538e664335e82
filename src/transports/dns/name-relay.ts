import dgram from 'node:dgram'
import { once } from 'node:events'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import type { Native } from '../../native/base/native.js'
import { DatagramSocket } from '../../native/sockets/datagram-socket.js'
import { DNS_PORT } from './ask-over-tcp.js'
import { type OutsideParts, OutsideServers } from './outside-servers.js'

/** Milliseconds that a name server has for an answer before the next one is asked. */
const PATIENCE = 1_500
/** Questions that are under way at once, each with a socket; further ones are dropped, and asked again. */
const MAX_QUESTIONS = 64
/** Bytes of the header of a message, and the bit of its third one that says that it is an answer. RFC 1035 section 4.1.1 */
const HEADER = 12
const FLAGS = 2
const IS_ANSWER = 0x80

/** What a relay is made of. */
export interface NameRelayParts extends OutsideParts {
  readonly native: Native
  readonly clock: Clock
  /** The mark of what is asked. */
  readonly mark: number
}

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
  readonly #underWay = new Set<() => void>()

  private constructor(sockets: readonly dgram.Socket[], parts: NameRelayParts) {
    this.#sockets = sockets
    this.#parts = parts
    this.#servers = new OutsideServers(parts)
    this.port = sockets[0]!.address().port
    for (const socket of sockets) {
      socket.on('error', () => {}) // one that asked and is gone
      socket.on('message', (question, { address, port }) => {
        this.#ask(question, (answer) => socket.send(answer, port, address))
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
    for (const callOff of this.#underWay) callOff()
  }

  #ask(question: Buffer, answer: (bytes: Uint8Array) => void): void {
    if (question.length < HEADER || this.#underWay.size >= MAX_QUESTIONS) return
    const servers = [...this.#servers.now().servers]
    const next = () => {
      const server = servers.shift()
      if (server !== undefined) this.#askOne(server, question, answer, next)
    }
    next()
  }

  #askOne(server: string, question: Buffer, answer: (bytes: Uint8Array) => void, next: () => void): void {
    const { clock, mark, native } = this.#parts
    const ip = parseIpAddress(server)!
    let socket: DatagramSocket | undefined
    let timer: Timer | undefined
    const over = () => {
      this.#underWay.delete(over)
      timer?.cancel()
      void socket?.close()
    }
    const failed = () => {
      if (!this.#underWay.has(over)) return
      over()
      next()
    }
    this.#underWay.add(over)
    timer = clock.schedule(PATIENCE, failed)
    try {
      socket = new DatagramSocket(native, { family: ip.length === 4 ? 4 : 6, ip, port: DNS_PORT }, mark, {
        failed,
        receive: (bytes) => {
          if (!isAnswer(bytes, question)) return
          answer(Buffer.from(bytes)) // it is lent
          over()
        },
      })
      socket.send(question)
    } catch {
      failed()
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
