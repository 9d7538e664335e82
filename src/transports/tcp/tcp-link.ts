import type net from 'node:net'
import type { Link } from '../../core/transport.js'
import type { ConnectionParts } from '../connection-parts.js'
import { linkError } from '../dial-error.js'
import { CLOSING_FRAME, FrameParser, LENGTH_BYTES, MAX_FRAMED, writeFrame } from '../framing.js'
import { Outbox } from '../outbox.js'
import type { StreamParts } from '../stream-parts.js'

/** Milliseconds that an orderly end may take; then the connection is cut. */
const CLOSE_GRACE = 500

/** What a link over TCP is made of. */
export interface TcpLinkParts extends ConnectionParts {
  /** Connected. The link takes it over. */
  readonly socket: net.Socket
  readonly shared: StreamParts
}

/** Datagrams over one TCP connection, each after its length. */
export class TcpLink implements Link {
  readonly remote: string
  readonly source: Uint8Array
  readonly maxDatagram = MAX_FRAMED
  readonly stream = true
  readonly #parts: TcpLinkParts
  readonly #parser = new FrameParser()
  readonly #outbox: Outbox
  #open = true
  #closing: Promise<void> | undefined
  #failure: Error | undefined

  constructor(parts: TcpLinkParts) {
    const { socket, remote, source, handlers, shared } = parts
    this.#parts = parts
    this.remote = remote
    this.source = source
    this.#outbox = new Outbox({
      waiting: () => socket.writableLength,
      write: (datagrams, done) => this.#write(datagrams, done),
      shared,
      drained: () => this.#open && handlers.drained(this),
    })
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('error', (error) => {
      this.#failure = linkError(remote, error)
    })
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#end(this.#failure))
  }

  get writable(): boolean {
    return this.#open && this.#outbox.writable
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#outbox.drops
  }

  send(datagrams: readonly Uint8Array[]): void {
    if (this.#open) this.#outbox.send(datagrams)
  }

  proven(): void {
    this.#parts.unproven?.settle()
  }

  /** Ends the connection without a word: to a stranger nothing is said. */
  cut(): void {
    this.#end()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #write(datagrams: readonly Uint8Array[], done: () => void): void {
    let bytes = 0
    for (const datagram of datagrams) bytes += LENGTH_BYTES + datagram.length
    const memory = this.#outbox.memory(bytes)
    let at = 0
    for (const datagram of datagrams) at = writeFrame(memory, at, datagram)
    this.#parts.socket.write(memory, done)
  }

  #receive(chunk: Uint8Array): void {
    if (!this.#open) return
    const { handlers, remote } = this.#parts
    const datagrams = this.#parser.push(chunk)
    if (datagrams.length > 0) handlers.receive(this, datagrams)
    const { ended } = this.#parser
    if (ended === 'closed') this.#end()
    else if (ended) this.#end(linkError(remote, `it sent a datagram of more than ${MAX_FRAMED} bytes`))
  }

  /** The remote ended the link, or it failed. */
  #end(error?: Error): void {
    if (!this.#open) return
    this.#release()
    this.#parts.socket.destroy()
    this.#parts.handlers.closed(this, error)
  }

  #release(): void {
    this.#open = false
    this.#parts.unproven?.settle()
    this.#parts.gone?.()
  }

  /** Says goodbye and waits for the remote's, so that what is under way arrives. */
  #close(): Promise<void> {
    const { socket, shared } = this.#parts
    if (this.#open) {
      this.#release()
      socket.end(CLOSING_FRAME)
    }
    if (socket.closed) return Promise.resolve()
    const timer = shared.clock.schedule(CLOSE_GRACE, () => socket.destroy())
    return new Promise((resolve) => {
      socket.once('close', () => {
        timer.cancel()
        resolve()
      })
    })
  }
}
