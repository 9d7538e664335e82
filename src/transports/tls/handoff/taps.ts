import type { Socket } from 'node:net'
import type tls from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { CONTENT, HEADER_BYTES } from '../record.js'
import { keepSecret, readKeyLogLine, type TrafficSecrets } from './key-log.js'
import { TlsTap } from './tls-tap.js'

/** A connection of Node's TLS that may be taken over. */
export interface Tapped {
  readonly tap: TlsTap
  readonly isClient: boolean
  readonly secrets: TrafficSecrets
}

/** One that a server accepted: whose keys are told first has it, since what others tell may be a copy's. */
interface AcceptedTap extends Tapped {
  owner?: TLSSocket
}

const tapped = new WeakMap<Socket, Tapped>()

/** What is known of a connection of Node's TLS; undefined if it has no tap. */
export function tappedOf(socket: Socket): Tapped | undefined {
  return tapped.get(socket)
}

/** What carries a connection of Node's TLS, if that has a tap, since Node does not know its addresses. Else itself. */
export function carrierOf(socket: Socket): Socket {
  return tapped.get(socket)?.tap.socket ?? socket
}

/** Collects the secrets of a client's connection over a tap, of which the handshake has not begun. */
export function tapClient(secured: TLSSocket, tap: TlsTap): void {
  const secrets: TrafficSecrets = {}
  tapped.set(secured, { tap, isClient: true, secrets })
  const collect = (bytes: Buffer) => {
    const line = readKeyLogLine(bytes)
    if (line !== undefined) keepSecret(secrets, line)
    if (secrets.client !== undefined && secrets.server !== undefined)
      secured.removeListener('keylog', collect)
  }
  secured.on('keylog', collect)
  forgetAtEnd(tap, secrets)
}

/**
 * Taps of connections that a server accepts. Node tells a key by its TLS object and not by what carries that; both
 * have in common the client's random, which the first message and each line of the key log name.
 */
export class ServerTaps {
  readonly #byRandom = new Map<string, AcceptedTap>()

  constructor(server: tls.Server) {
    server.on('keylog', (bytes: Buffer, secured: TLSSocket) => this.#collect(bytes, secured))
  }

  /** A tap for an accepted connection, to be passed to the server in its place. */
  tap(socket: Socket): TlsTap {
    const secrets: TrafficSecrets = {}
    const hello = new ClientRandom()
    const tap: TlsTap = new TlsTap(socket, (record) => {
      const random = hello.read(record)
      // Nobody's random comes twice but that of who copies another's, and who is not taken for the other.
      if (random === undefined || this.#byRandom.has(random)) return
      this.#byRandom.set(random, { tap, isClient: false, secrets })
      tap.once('close', () => this.#byRandom.delete(random))
    })
    forgetAtEnd(tap, secrets)
    return tap
  }

  #collect(bytes: Buffer, secured: TLSSocket): void {
    const line = readKeyLogLine(bytes)
    if (line === undefined) return
    const connection = this.#byRandom.get(line.random)
    if (connection !== undefined) connection.owner ??= secured
    if (connection?.owner !== secured) {
      line.secret.fill(0)
      return
    }
    tapped.set(secured, connection)
    keepSecret(connection.secrets, line)
  }
}

/** Finds the random in a client's first message. RFC 8446 section 4.1.2 */
class ClientRandom {
  /** The type of the message, its length, and a version that means nothing. */
  static readonly #AT = 1 + 3 + 2
  static readonly #BYTES = 32
  #message: Buffer | undefined = Buffer.alloc(0)

  /** The random in hex when it is whole; each record of a client, in order, is to be passed. */
  read(record: Buffer): string | undefined {
    if (this.#message === undefined || record[0] !== CONTENT.handshake) return undefined
    const message = Buffer.concat([this.#message, record.subarray(HEADER_BYTES)])
    const end = ClientRandom.#AT + ClientRandom.#BYTES
    this.#message = message.length < end ? message : undefined
    return message.length < end ? undefined : message.toString('hex', ClientRandom.#AT, end)
  }
}

function forgetAtEnd(tap: TlsTap, secrets: TrafficSecrets): void {
  tap.once('close', () => forgetSecrets(secrets))
}

/** Overwrites secrets that are needed no more. */
export function forgetSecrets(secrets: TrafficSecrets): void {
  secrets.client?.fill(0)
  secrets.server?.fill(0)
  delete secrets.client
  delete secrets.server
}
