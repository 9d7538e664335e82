import fs from 'node:fs'
import { asError } from '../../core/api/errors.js'
import type { Link } from '../../core/api/transport.js'
import { clearList, emptyList } from '../../core/bytes/clear-list.js'
import { PartialFrameBuffer } from '../../core/bytes/partial-frame-buffer.js'
import { part } from '../../core/bytes/views.js'
import type { Reason } from '../../core/reasons/reason.js'
import type { Clock } from '../../core/time/clock.js'
import { errnoName } from '../../native/base/libc.js'
import { READABLE, type Watcher, WRITABLE } from '../../native/base/watcher.js'
import type { DetachedSocket } from '../../native/sockets/detach-socket.js'
import { ConnectionRoute } from '../net/connection-route.js'
import { linkError } from '../net/dial-error.js'
import type { TlsRecords } from '../tls/tls-records.js'
import type { ConnectionParts } from './connection-parts.js'
import type { FrameCodec } from './frame-codec.js'
import { MAX_FRAMED, UNAUTHENTICATED_BYTES } from './framing.js'
import { CLOSE_GRACE, heardOf, LinkLifecycle } from './link-lifecycle.js'
import { INPUT_BYTES, type NativeStreamParts } from './native-stream-parts.js'
import { isTransient, NativeStreamSender } from './native-stream-sender.js'
import { liftReceiveBuffer } from './receive-buffer.js'

/** Reads per wake-up, so that the other direction gets its turn. */
const MAX_READS = 4
/** Bytes. A read that brings less emptied the socket. */
const LARGE_READ = 64 * 1024
const NOTHING = new Uint8Array(0)

/** What a link on a bare descriptor is made of. */
export interface NativeStreamLinkParts extends ConnectionParts {
  /** Connected. It is the link's from now on. */
  readonly taken: DetachedSocket
  /** The record layer of a connection with TLS; the link's, too. */
  readonly tls?: TlsRecords
  readonly codec: FrameCodec
  readonly shared: NativeStreamParts
  readonly clock: Clock
  /** Bytes that may wait for a slow carrier. */
  readonly sendQueue: number | undefined
}

/**
 * Datagrams over one connection, read and written without Node's streams in between: what lies in the arena is
 * sent from there, and received bytes are passed on in place.
 */
export class NativeStreamLink implements Link {
  readonly remote: string
  readonly source: Uint8Array
  maxDatagram: number
  maxIncoming: number | undefined
  readonly stream = true
  readonly hasNarrowed: Link['hasNarrowed']
  readonly #parts: NativeStreamLinkParts
  readonly #fd: number
  readonly #watcher: Watcher
  readonly #sender: NativeStreamSender
  readonly #datagrams = emptyList<Uint8Array>()
  /** The beginning of a frame that did not come whole. */
  readonly #partial: PartialFrameBuffer
  readonly #life: LinkLifecycle
  #remoteEnded: (() => void) | undefined
  /** Whether a datagram came, or a part of one. */
  #hasHeard = false

  /** @throws Error if the descriptor cannot be watched; it is closed then, and the record layer erased. */
  constructor(parts: NativeStreamLinkParts) {
    this.#parts = parts
    this.remote = parts.remote
    this.source = parts.source
    this.maxDatagram = parts.maxDatagram ?? MAX_FRAMED
    this.maxIncoming = parts.maxIncoming
    if (parts.unauthenticated !== undefined) parts.codec.keeps = UNAUTHENTICATED_BYTES
    const { fd, unread } = parts.taken
    this.#fd = fd
    this.#partial = new PartialFrameBuffer(parts.shared.pool)
    this.#partial.keep(Buffer.concat(unread))
    this.#watcher = this.#watch()
    // Behind what may throw: it is to end once it is there.
    this.#life = new LinkLifecycle({ ...parts, route: new ConnectionRoute(parts.shared, fd) })
    this.hasNarrowed = this.#life.hasNarrowed
    const stalled = () => this.#watcher.want(READABLE | WRITABLE)
    this.#sender = new NativeStreamSender({ ...parts, tls: parts.tls, fd, stalled })
    parts.watch?.begins((bytes) => this.#bound(bytes))
    // What Node had read may hold whole frames: they are delivered when the creator has the link.
    setImmediate(() => this.#guard(() => this.#parseUnread()))
  }

  get writable(): boolean {
    return this.#life.isOpen && !this.#sender.isStalled
  }

  get unproven(): Reason | undefined {
    return heardOf(this.#hasHeard)
  }

  get drops(): Readonly<Record<string, number>> {
    return { ...this.#sender.drops, unfinished: this.#parts.codec.dropped }
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
    this.#parts.codec.keeps = MAX_FRAMED
    liftReceiveBuffer(this.#parts.shared.native, this.#fd)
  }

  /** Closes the connection silently: unknown sources get no answer. */
  cut(): void {
    this.#end()
  }

  close(): Promise<void> {
    return this.#life.close(() => this.#sayGoodbye())
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

  #watch(): Watcher {
    const { watchers } = this.#parts.shared.native
    try {
      return watchers.watch(
        this.#fd,
        (events) => this.#ready(events),
        (thrown) => this.#end(asError(thrown)),
      )
    } catch (thrown) {
      fs.closeSync(this.#fd)
      this.#partial.drop()
      this.#parts.tls?.erase()
      throw thrown
    }
  }

  /** What an event throws costs the link, and nothing else. */
  #guard(deal: () => void): void {
    try {
      deal()
    } catch (thrown) {
      this.#end(asError(thrown))
    }
  }

  #ready(events: number): void {
    if (events & WRITABLE && this.#sender.isStalled && this.#life.isOpen) this.#drain()
    if (events & READABLE) this.#read()
  }

  #drain(): void {
    const errno = this.#sender.drain()
    if (errno !== 0) this.#end(this.#failure(errno))
    else if (!this.#sender.isStalled) {
      this.#watcher.want(READABLE)
      this.#parts.handlers.drained(this)
    }
  }

  #parseUnread(): void {
    const { shared, tls } = this.#parts
    this.#parse(0)
    if (tls === undefined || !this.#life.isOpen) return
    const length = tls.reader.take(NOTHING, shared.inputAt + this.#partial.length)
    if (length > 0) this.#parse(length)
    this.#checkTls()
  }

  #read(): void {
    for (let reads = 0; reads < MAX_READS; reads++) {
      const length = this.#receive()
      if (length > 0 && this.#life.isOpen) this.#parse(length)
      if (this.#checkTls()) return
      if (length <= 0) {
        if (length === 0) this.#end()
        else if (!isTransient(length)) this.#end(this.#failure(-length))
        return
      }
      if (!this.#life.isOpen) continue // closing: what still comes is read so that the end is orderly
      if (length < LARGE_READ) return
    }
  }

  /** Reads behind the kept bytes, as `Sockets.recv` does. */
  #receive(): number {
    const { shared, tls } = this.#parts
    const { native } = shared
    const at = shared.inputAt + this.#partial.length
    const room = INPUT_BYTES - this.#partial.length
    return tls === undefined
      ? native.sockets.recv(this.#fd, native.arena.address(at), room)
      : tls.reader.receive(this.#fd, at, room)
  }

  /** Ends the link where the remote ended TLS or broke its rules, and tells whether it did. */
  #checkTls(): boolean {
    const ended = this.#parts.tls?.reader.ended
    if (ended === undefined) return false
    if (this.#life.isOpen && ended !== 'closed') this.#sender.sayFarewell()
    this.#end(ended === 'closed' ? undefined : linkError(this.remote, ended))
    return true
  }

  /** Hands over the datagrams in what is kept and the `length` bytes that were read behind it. */
  #parse(length: number): void {
    if (!this.#life.isOpen) return
    const { codec, handlers, shared, watch } = this.#parts
    const { bytes } = shared.native.arena
    const end = shared.inputAt + this.#partial.length + length
    this.#partial.moveTo(bytes, shared.inputAt)
    const datagrams = this.#datagrams
    clearList(datagrams)
    const rest = codec.read(bytes, shared.inputAt, end, datagrams)
    if (rest < end) this.#partial.keep(part(bytes, rest, end))
    this.#hasHeard ||= rest < end || datagrams.length > 0
    if (watch?.isWatching && datagrams.length > 0) watch.received()
    if (datagrams.length > 0) handlers.receive(this, datagrams)
    if (codec.answers.length > 0) {
      for (const answer of codec.answers.splice(0)) this.#sender.say(answer)
    }
    if (codec.ended === undefined) return
    this.#sender.sayFarewell()
    this.#end(codec.ended === 'closed' ? undefined : linkError(this.remote, codec.ended))
  }

  /** The remote ended the link, or it failed. */
  #end(error?: Error): void {
    this.#remoteEnded?.()
    this.#life.end(this, error, () => this.#letGo())
  }

  #failure(errno: number): Error {
    const code = errnoName(errno)
    return linkError(this.remote, Object.assign(new Error(code), { code }))
  }

  /** Says goodbye and waits for the remote's, so that what is under way arrives. */
  async #sayGoodbye(): Promise<void> {
    const { clock, codec, shared } = this.#parts
    // What the socket did not take is lost, as packets may be; behind it a goodbye would be, too.
    if (this.#sender.isStalled) this.#watcher.want(READABLE)
    else {
      this.#sender.say(codec.goodbye)
      this.#sender.sayFarewell()
    }
    shared.native.sockets.endSending(this.#fd)
    await new Promise<void>((resolve) => {
      const timer = clock.schedule(CLOSE_GRACE, resolve)
      this.#remoteEnded = () => {
        timer.cancel()
        resolve()
      }
    })
    await this.#letGo()
  }

  async #letGo(): Promise<void> {
    await this.#watcher.close()
    fs.closeSync(this.#fd)
    this.#sender.release()
    this.#partial.drop()
    this.#parts.tls?.erase()
  }
}
