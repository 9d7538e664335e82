import type { Duplex } from 'node:stream'
import { asError } from '../../core/api/errors.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import type { Reason } from '../../core/reasons/reason.js'
import { systemClock } from '../../core/time/system-clock.js'
import { linkError } from '../net/dial-error.js'
import type { ConnectionParts } from './connection-parts.js'
import {
  CLOSING_FRAME,
  FrameParser,
  LENGTH_BYTES,
  MAX_FRAMED,
  UNAUTHENTICATED_BYTES,
  writeFrame,
} from './framing.js'
import { CLOSE_GRACE, heardOf, LinkLifecycle } from './link-lifecycle.js'
import { FreshBuffers } from './send-buffer-pool.js'
import { StreamSender, type StreamSenderParts } from './stream-sender.js'

/** Who is at the far end of a stream. */
export interface StreamRemote {
  /** As `Link.remote`. */
  readonly remote: string
  /** As `Link.source`; empty if absent. */
  readonly source?: Uint8Array
}

/** What a link over a stream is made of. */
export interface StreamLinkParts extends ConnectionParts {
  /** Connected. The link takes it over. */
  readonly stream: Duplex
  readonly shared: StreamSenderParts['shared']
  /** Why what is sent may not arrive, as far as the stream knows. */
  readonly trouble?: () => Reason | undefined
}

/**
 * Makes a Link out of a connected stream of bytes (a socket, TLS, the input and output of a process), with a
 * 16-bit length before each datagram. The link owns the stream: it reads it, and ends it on close.
 *
 * @param stream connected already.
 * @param far who is at the other end.
 * @param handlers who is told what comes.
 * @throws nothing: what fails later is told by `closed` of the handlers.
 * @example
 * const socket = await network.connect({ host, port }, { signal })
 * return streamLink(socket, { remote: `${host}:${port}` }, handlers)
 */
export function streamLink(stream: Duplex, far: StreamRemote, handlers: LinkHandlers): Link {
  const { remote, source = new Uint8Array() } = far
  const shared = { clock: systemClock, memory: new FreshBuffers(), sendQueue: undefined }
  return new StreamLink({ stream, remote, source, handlers, shared })
}

/** Datagrams over one connection by Node's streams, each after its length. */
export class StreamLink implements Link {
  readonly remote: string
  readonly source: Uint8Array
  readonly maxDatagram = MAX_FRAMED
  readonly stream = true
  readonly hasNarrowed: Link['hasNarrowed']
  readonly #parts: StreamLinkParts
  readonly #parser = new FrameParser()
  readonly #sender: StreamSender
  readonly #life: LinkLifecycle
  #failure: Error | undefined
  #hasHeard = false

  constructor(parts: StreamLinkParts) {
    const { stream, remote, source, handlers, shared } = parts
    this.#parts = parts
    this.#life = new LinkLifecycle(parts)
    this.hasNarrowed = this.#life.hasNarrowed
    this.remote = remote
    this.source = source
    if (parts.unauthenticated !== undefined) this.#parser.keeps = UNAUTHENTICATED_BYTES
    this.#sender = new StreamSender({
      waiting: () => stream.writableLength,
      write: (datagrams, done) => this.#write(datagrams, done),
      shared,
      drained: () => this.#life.isOpen && handlers.drained(this),
    })
    stream.on('data', (chunk) => this.#receive(chunk))
    stream.on('error', (error) => {
      this.#failure = linkError(remote, error)
    })
    stream.on('end', () => this.#end())
    stream.on('close', () => this.#end(this.#failure))
  }

  get writable(): boolean {
    return this.#life.isOpen && this.#sender.writable
  }

  get unproven(): Reason | undefined {
    return this.#parts.trouble?.() ?? heardOf(this.#hasHeard)
  }

  get drops(): Readonly<Record<string, number>> {
    return { ...this.#sender.drops, unfinished: this.#parser.dropped }
  }

  send(datagrams: readonly Uint8Array[]): void {
    if (this.#life.isOpen) this.#sender.send(datagrams)
  }

  authenticated(): void {
    if (this.#life.authenticated()) this.#parser.keeps = MAX_FRAMED
  }

  /** Closes the connection silently: unknown sources get no answer. */
  cut(): void {
    this.#end()
  }

  close(): Promise<void> {
    return this.#life.close(() => this.#sayGoodbye())
  }

  #write(datagrams: readonly Uint8Array[], done: () => void): void {
    let bytes = 0
    for (const datagram of datagrams) bytes += LENGTH_BYTES + datagram.length
    const memory = this.#sender.memory(bytes)
    let at = 0
    for (const datagram of datagrams) at = writeFrame(memory, at, datagram)
    this.#parts.stream.write(memory, done)
  }

  /** What the receiver throws costs the link, and nothing else. */
  #receive(chunk: Uint8Array): void {
    try {
      this.#parse(chunk)
    } catch (thrown) {
      this.#end(asError(thrown))
    }
  }

  #parse(chunk: Uint8Array): void {
    if (!this.#life.isOpen) return
    const { handlers, remote } = this.#parts
    this.#hasHeard = true
    const datagrams = this.#parser.push(chunk)
    if (datagrams.length > 0) handlers.receive(this, datagrams)
    const { ended } = this.#parser
    if (ended === 'closed') this.#end()
    else if (ended) this.#end(linkError(remote, `it sent a datagram of more than ${MAX_FRAMED} bytes`))
  }

  /** The remote ended the link, or it failed. */
  #end(error?: Error): void {
    this.#life.end(this, error, () => {
      this.#parts.stream.destroy()
      return this.#closed()
    })
  }

  /** Says goodbye and waits for the remote's, so that what is under way arrives. */
  async #sayGoodbye(): Promise<void> {
    const { stream, shared } = this.#parts
    stream.end(CLOSING_FRAME)
    const timer = shared.clock.schedule(CLOSE_GRACE, () => stream.destroy())
    await this.#closed()
    timer.cancel()
  }

  async #closed(): Promise<void> {
    const { stream } = this.#parts
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
  }
}
