import dgram from 'node:dgram'
import { isIPv6 } from 'node:net'
import { DNS_PORT } from '../dns/ask-over-tcp.js'
import type { ExchangeParts } from '../dns/exchange.js'
import { RelayedQuestions } from '../dns/relayed-questions.js'
import type { Inside } from './inside.js'

/** What answers about names are given by. */
export interface LoginNamesParts extends ExchangeParts {
  readonly nameServers: readonly string[]
  readonly inside: Inside
}

/** Name servers as a network namespace has them in which all addresses are local: each is asked past the tunnel. Over UDP. */
export class LoginNames {
  readonly #sockets: readonly dgram.Socket[]
  readonly #questions: RelayedQuestions

  /** Questions are answered from now on. Throws an Error of the system's if an address cannot be had. */
  constructor({ inside, nameServers, ...parts }: LoginNamesParts) {
    this.#questions = new RelayedQuestions(parts)
    this.#sockets = inside(() => nameServers.map(bound))
    for (const [at, socket] of this.#sockets.entries()) {
      socket.on('error', () => {}) // one that asked and is gone
      const server = () => [nameServers[at]!]
      socket.on('message', (question, { address, port }) => {
        void this.#questions.ask(question, server, (answer) => socket.send(answer, port, address))
      })
    }
  }

  close(): void {
    this.#questions.close()
    for (const socket of this.#sockets) socket.close()
  }
}

/** Without a look-up, which would come later, it is bound at once, or an error is thrown by whom nobody listens to. */
function bound(address: string): dgram.Socket {
  const family = isIPv6(address) ? 6 : 4
  const lookup = (name: string, _options: unknown, told: LookedUp) => told(null, name, family)
  const socket = dgram.createSocket({ type: `udp${family}`, lookup: lookup as never })
  return socket.bind(DNS_PORT, address)
}

type LookedUp = (error: null, address: string, family: number) => void
