import dgram from 'node:dgram'
import { once } from 'node:events'
import type { ExchangeParts } from './exchange.js'
import { type OutsideParts, OutsideServers } from './outside-servers.js'
import { RelayedQuestions } from './relayed-questions.js'

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
  readonly #servers: OutsideServers
  readonly #questions: RelayedQuestions

  private constructor(sockets: readonly dgram.Socket[], parts: NameRelayParts) {
    this.#sockets = sockets
    this.#questions = new RelayedQuestions(parts)
    this.#servers = new OutsideServers(parts)
    this.port = sockets[0]!.address().port
    for (const socket of sockets) {
      socket.on('error', () => {}) // one that asked and is gone
      socket.on('message', (question, { address, port }) => {
        const servers = () => this.#servers.now().servers
        void this.#questions.ask(question, servers, (answer) => socket.send(answer, port, address))
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
    this.#questions.close()
  }
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
