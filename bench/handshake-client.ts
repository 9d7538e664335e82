import dgram from 'node:dgram'
import { once } from 'node:events'
import type { Cipher, PeerId } from '../src/core/api/cipher.js'
import type { Link } from '../src/core/api/transport.js'

const COOKIE_TYPE = 3
const RESPONSE_TYPE = 2
/** Milliseconds that a cipher wants between initiations, and one more. */
const BETWEEN = 26
/** Milliseconds after which an initiation or its answer was lost: WireGuard's Rekey-Timeout. */
const RETRY = 5000

/** A peer that does one handshake after the other with a server, from an address of its own. */
export class HandshakeClient {
  /** Handshakes that succeeded. */
  done = 0
  readonly #cipher: Cipher
  readonly #server: PeerId
  readonly #socket: dgram.Socket
  readonly #link: Link
  /** Called after each handshake, to say whether there is to be another one. */
  #again: () => boolean = () => false
  #timer: NodeJS.Timeout | undefined

  private constructor(cipher: Cipher, server: PeerId, socket: dgram.Socket, port: number) {
    this.#cipher = cipher
    this.#server = server
    this.#socket = socket
    this.#link = linkOf(socket, port)
    socket.on('message', (datagram) => this.#receive(datagram))
  }

  /** @param address one of this host. */
  static async at(address: string, port: number, cipher: Cipher, server: PeerId): Promise<HandshakeClient> {
    const socket = dgram.createSocket({ type: 'udp4', lookup: (host, _options, done) => done(null, host, 4) })
    const listening = once(socket, 'listening') // the event may come within bind()
    socket.bind(0, address)
    await listening
    return new HandshakeClient(cipher, server, socket, port)
  }

  /** Does handshakes for as long as `again` says; resolves after the last. */
  run(again: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#again = () => {
        const more = again()
        if (!more) resolve()
        return more
      }
      this.#initiate()
    })
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#cipher.close()
    this.#socket.close()
  }

  #initiate(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#initiate(), RETRY)
    this.#link.send(this.#cipher.sessions!.initiate(this.#server, performance.now()))
  }

  #receive(datagram: Uint8Array): void {
    const type = datagram[0]
    const { replies } = this.#cipher.open(this.#link, [datagram], performance.now())
    this.#link.send(replies)
    if (type !== COOKIE_TYPE && (type !== RESPONSE_TYPE || replies.length === 0)) return
    clearTimeout(this.#timer)
    if (type === RESPONSE_TYPE) {
      this.done++
      if (!this.#again()) return
    }
    this.#timer = setTimeout(() => this.#initiate(), BETWEEN)
  }
}

function linkOf(socket: dgram.Socket, port: number): Link {
  return {
    remote: `udp://127.0.0.1:${port}`,
    source: Uint8Array.of(127, 0, 0, 1),
    maxDatagram: 65_507,
    stream: false,
    writable: true,
    drops: {},
    send: (datagrams) => {
      for (const datagram of datagrams) socket.send(Uint8Array.from(datagram), port, '127.0.0.1')
    },
    close: async () => {},
  }
}
