import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Link, LinkHandlers } from '../core/transport.js'
import { CLOSING_FRAME, FrameParser, LENGTH_BYTES, MAX_FRAMED, writeFrame } from './framing.js'

/** Bytes that may wait in the process for a far end that reads slowly; what comes then is dropped. */
const MAX_QUEUED = 256 * 1024

/** Who is at the far end of a stream. */
export interface StreamRemote {
  /** As `Link.remote`. */
  readonly remote: string
  /** As `Link.source`; empty where absent. */
  readonly source?: Uint8Array
}

/**
 * Makes a Link out of a connected stream of bytes (a socket, TLS, the input and output of a process), with a
 * 16-bit length before each datagram. The link owns the stream: it reads it, and destroys it on close.
 */
export function streamLink(stream: Duplex, far: StreamRemote, handlers: LinkHandlers): Link {
  return new StreamLink(stream, far, handlers)
}

class StreamLink implements Link {
  readonly remote: string
  readonly source: Uint8Array
  readonly maxDatagram = MAX_FRAMED
  readonly stream = true
  readonly drops = { empty: 0, oversized: 0, overflow: 0 }
  readonly #carrier: Duplex
  readonly #handlers: LinkHandlers
  readonly #parser = new FrameParser()
  #stalled = false
  #closed = false

  constructor(stream: Duplex, { remote, source = new Uint8Array() }: StreamRemote, handlers: LinkHandlers) {
    this.remote = remote
    this.source = source
    this.#carrier = stream
    this.#handlers = handlers
    let failure: Error | undefined
    stream.on('data', (chunk: Uint8Array) => this.#receive(chunk))
    stream.on('drain', () => this.#drained())
    stream.on('error', (error) => {
      failure = error
    })
    stream.on('close', () => this.#end(failure))
  }

  get writable(): boolean {
    return this.#carrier.writableLength < MAX_QUEUED
  }

  send(datagrams: readonly Uint8Array[]): void {
    if (this.#closed || !this.#carrier.writable) return
    const queued = this.#carrier.writableLength
    const fitting: Uint8Array[] = []
    let length = 0
    for (const datagram of datagrams) {
      if (datagram.length > MAX_FRAMED) this.drops.oversized++
      else if (datagram.length === 0) this.drops.empty++
      else if (queued + length >= MAX_QUEUED) this.drops.overflow++
      else {
        fitting.push(datagram)
        length += LENGTH_BYTES + datagram.length
      }
    }
    if (length > 0) this.#carrier.write(framed(fitting, length))
    this.#stalled ||= !this.writable
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      // Behind a queue the far end would not see it before the stream's own end.
      if (this.#carrier.writable && this.#carrier.writableLength === 0) this.#carrier.write(CLOSING_FRAME)
      this.#carrier.destroy()
    }
    if (!this.#carrier.closed) await once(this.#carrier, 'close')
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return
    const datagrams = this.#parser.push(chunk)
    if (datagrams.length > 0) this.#handlers.receive(this, datagrams)
    if (this.#parser.ended !== undefined) this.#end()
  }

  #drained(): void {
    if (!this.#stalled || this.#closed) return
    this.#stalled = false
    this.#handlers.drained(this)
  }

  #end(error?: Error): void {
    if (this.#closed) return
    this.#closed = true
    this.#carrier.destroy()
    this.#handlers.closed(this, error)
  }
}

/** The datagrams, each in its frame, in memory of their own. */
function framed(datagrams: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const datagram of datagrams) at = writeFrame(bytes, at, datagram)
  return bytes
}
