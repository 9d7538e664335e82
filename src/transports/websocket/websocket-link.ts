import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import { asError } from '../../core/api/errors.js'
import type { Link } from '../../core/api/transport.js'
import type { Reason } from '../../core/reasons/reason.js'
import { descriptorOf } from '../../native/sockets/detach-socket.js'
import { linkError } from '../net/dial-error.js'
import type { ConnectionParts } from '../streams/connection-parts.js'
import { MAX_FRAMED, UNAUTHENTICATED_BYTES } from '../streams/framing.js'
import { heardOf, LinkLifecycle } from '../streams/link-lifecycle.js'
import { liftReceiveBuffer } from '../streams/receive-buffer.js'
import type { StreamParts } from '../streams/stream-parts.js'
import { StreamSender } from '../streams/stream-sender.js'
import { carrierOf } from '../tls/handoff/taps.js'
import { closedBy } from './frames/closed.js'
import { CLOSE_CODE } from './frames/frame-header.js'
import type { MessageWatch } from './message-watch.js'
import { WEBSOCKET_OPTIONS } from './options.js'

// RFC 6455 section 7.4.1
const NORMAL = 1000
const UNSUPPORTED_DATA = 1003
const NO_STATUS = 1005
const ABNORMAL = 1006

/** Pieces and fragments that a message may come in before the remote has proven itself; each costs more than its bytes. */
const UNAUTHENTICATED_PIECES = 64

/** What a link over a WebSocket is made of. */
export interface WebSocketLinkParts extends ConnectionParts {
  readonly watch?: MessageWatch
  /** The URL that was dialled; absent if it was accepted. */
  readonly dialled?: URL
  /** Open. The link takes it over. */
  readonly webSocket: WebSocket
  /** What carries it. */
  readonly socket: Socket
  readonly shared: StreamParts
}

/** Datagrams over one WebSocket, each a binary message. */
export class WebSocketLink implements Link {
  readonly remote: string
  readonly source: Uint8Array
  maxDatagram: number
  maxIncoming: number | undefined
  readonly stream = true
  readonly hasNarrowed: Link['hasNarrowed']
  readonly #parts: WebSocketLinkParts
  readonly #sender: StreamSender
  /** Messages of the bytes that are being read, to be delivered together. */
  #arrived: Uint8Array[] = []
  readonly #life: LinkLifecycle
  #hasHeard = false

  constructor(parts: WebSocketLinkParts) {
    const { webSocket, socket, remote, source, handlers, shared, unauthenticated } = parts
    this.#parts = parts
    if (unauthenticated !== undefined) {
      bound(webSocket, UNAUTHENTICATED_BYTES, UNAUTHENTICATED_PIECES, UNAUTHENTICATED_PIECES)
    }
    this.#life = new LinkLifecycle(parts)
    this.hasNarrowed = this.#life.hasNarrowed
    this.remote = remote
    this.source = source
    this.maxDatagram = parts.maxDatagram ?? MAX_FRAMED
    this.maxIncoming = parts.maxIncoming
    // The server's messages are written from where they lie, the client's are masked into a copy.
    const write = unauthenticated ? this.#writeCopies : this.#writeMasked
    this.#sender = new StreamSender({
      waiting: () => socket.writableLength,
      write,
      shared,
      maxDatagram: this.maxDatagram,
      drained: () => this.#life.isOpen && handlers.drained(this),
    })
    parts.watch?.begins((bytes) => this.#bound(bytes))
    webSocket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary))
    webSocket.on('error', (error) => this.#end(linkError(remote, asError(error))))
    webSocket.on('close', (code, words) => {
      if (code === CLOSE_CODE.tooBig) parts.watch?.refused()
      this.#end(this.#whyClosed(code, words))
    })
  }

  get writable(): boolean {
    return this.#life.isOpen && this.#sender.writable
  }

  get unproven(): Reason | undefined {
    return heardOf(this.#hasHeard)
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#sender.drops
  }

  send(datagrams: readonly Uint8Array[]): void {
    if (!this.#life.isOpen) return
    const { watch } = this.#parts
    if (watch?.isWatching) watch.sent(datagrams)
    this.#sender.send(datagrams)
  }

  limit(bytes: number): void {
    this.#narrow(bytes)
    this.#parts.watch?.told(bytes)
  }

  authenticated(): void {
    if (!this.#life.authenticated()) return
    const { shared, socket, webSocket } = this.#parts
    const { maxBufferedChunks, maxFragments, maxPayload } = WEBSOCKET_OPTIONS
    bound(webSocket, maxPayload, maxBufferedChunks, maxFragments)
    if (shared.native !== undefined) liftReceiveBuffer(shared.native.native, descriptorOf(carrierOf(socket)))
  }

  /** Closes the connection silently: unknown sources get no answer. */
  cut(): void {
    this.#parts.socket.destroy()
  }

  close(): Promise<void> {
    return this.#life.close(() => this.#closeWebSocket(NORMAL))
  }

  #narrow(bytes: number): void {
    this.maxDatagram = Math.min(this.maxDatagram, bytes)
    this.#sender.maxDatagram = this.maxDatagram
  }

  /** Messages of more bytes pass neither way. */
  #bound(bytes: number): void {
    this.#narrow(bytes)
    this.maxIncoming = bytes
  }

  readonly #writeMasked = (datagrams: readonly Uint8Array[], done: () => void): void => {
    const { socket } = this.#parts
    const last = datagrams.length - 1
    socket.cork()
    for (const [index, datagram] of datagrams.entries())
      this.#write(datagram, index === last ? done : undefined)
    socket.uncork()
  }

  readonly #writeCopies = (datagrams: readonly Uint8Array[], done: () => void): void => {
    const { socket } = this.#parts
    let bytes = 0
    for (const datagram of datagrams) bytes += datagram.length
    const memory = this.#sender.memory(bytes)
    const last = datagrams.length - 1
    let at = 0
    socket.cork()
    for (const [index, datagram] of datagrams.entries()) {
      memory.set(datagram, at)
      this.#write(memory.subarray(at, at + datagram.length), index === last ? done : undefined)
      at += datagram.length
    }
    socket.uncork()
  }

  #write(message: Uint8Array, done: (() => void) | undefined): void {
    this.#parts.webSocket.send(message, BINARY, done)
  }

  #receive(data: Uint8Array, isBinary: boolean): void {
    if (!this.#life.isOpen || (isBinary && data.length === 0)) return
    if (!isBinary) {
      this.#deliver()
      this.#end(linkError(this.remote, 'it sent text'), UNSUPPORTED_DATA)
      return
    }
    this.#hasHeard = true
    if (this.#arrived.push(data) === 1) queueMicrotask(this.#deliver)
  }

  readonly #deliver = (): void => {
    const datagrams = this.#arrived
    if (!this.#life.isOpen || datagrams.length === 0) return
    this.#arrived = []
    const { watch } = this.#parts
    if (watch?.isWatching) watch.received()
    try {
      this.#parts.handlers.receive(this, datagrams)
    } catch (thrown) {
      // What the receiver throws costs the link, and nothing else.
      this.#life.end(this, asError(thrown), () => this.#closeWebSocket(undefined))
    }
  }

  /** The remote ended the link, or broke its rules. */
  #end(error: Error | undefined, code?: number): void {
    this.#deliver()
    this.#life.end(this, error, () => this.#closeWebSocket(code))
  }

  async #closeWebSocket(code: number | undefined): Promise<void> {
    const { webSocket } = this.#parts
    webSocket.close(code)
    if (webSocket.readyState !== WebSocket.CLOSED)
      await new Promise((resolve) => webSocket.once('close', resolve))
  }

  #whyClosed(code: number, words: Uint8Array): Error | undefined {
    if (code === NO_STATUS) return undefined
    if (code === ABNORMAL) return linkError(this.remote, 'the connection ended without a close message')
    const why = closedBy(code, words, this.#parts.dialled)
    return why && linkError(this.remote, why)
  }
}

const BINARY = { binary: true, compress: false } as const

/** What ws has for a message while it comes. The package takes limits for all WebSockets of a server only. */
interface Receiver {
  _maxPayload: number
  _maxBufferedChunks: number
  _maxFragments: number
}

/** Bounds what a WebSocket keeps of a message: bytes, pieces in which they come, and fragments. */
function bound(webSocket: WebSocket, bytes: number, chunks: number, fragments: number): void {
  const { _receiver: receiver } = webSocket as unknown as { _receiver?: Receiver }
  if (receiver === undefined) return // it has ended
  receiver._maxPayload = bytes
  receiver._maxBufferedChunks = chunks
  receiver._maxFragments = fragments
}
