import { constants } from 'node:os'
import type { Clock } from '../../core/time/clock.js'
import type { TlsRecords } from '../tls/tls-records.js'
import type { FrameCodec } from './frame-codec.js'
import { MAX_FRAMED } from './framing.js'
import type { NativeStreamParts } from './native-stream-parts.js'
import { UnsentBuffer } from './unsent-buffer.js'

const { EAGAIN, EINTR } = constants.errno

/** What the sending half of a link on a bare descriptor is made of. */
export interface NativeStreamSenderParts {
  readonly fd: number
  readonly codec: FrameCodec
  /** Bytes of the largest datagram; as many as a frame can have if absent. */
  readonly maxDatagram?: number | undefined
  readonly shared: NativeStreamParts
  /** Seals what is sent; absent without TLS. */
  readonly tls: TlsRecords | undefined
  readonly clock: Clock
  /** Bytes that may wait for a slow carrier. */
  readonly sendQueue: number | undefined
  /** Called when something begins to wait: `drain` is to be called when the socket takes bytes again. */
  readonly stalled: () => void
}

/** The sending half of a link on a bare descriptor: one call per batch, and a backlog for what the socket leaves. */
export class NativeStreamSender {
  readonly drops = { oversized: 0, empty: 0, overflow: 0 }
  /** Bytes of the largest datagram. */
  maxDatagram: number
  readonly #parts: NativeStreamSenderParts
  readonly #unsent: UnsentBuffer
  #stalled = false

  constructor(parts: NativeStreamSenderParts) {
    this.#parts = parts
    this.maxDatagram = parts.maxDatagram ?? MAX_FRAMED
    this.#unsent = new UnsentBuffer(parts.shared.native.arena, parts.sendQueue)
  }

  /** Whether something waits. */
  get isStalled(): boolean {
    return this.#stalled
  }

  /** Sends the batch in order. Datagrams without room are dropped and counted. */
  send(datagrams: readonly Uint8Array[]): void {
    const { codec, shared } = this.#parts
    const { output } = shared
    for (const datagram of datagrams) {
      if (datagram.length === 0) this.drops.empty++
      else if (datagram.length > this.maxDatagram) this.drops.oversized++
      else {
        if (!output.fits(codec.overhead, datagram.length)) this.#flush()
        if (this.#stalled && output.bytes + datagram.length > this.#unsent.room) this.drops.overflow++
        else codec.write(output, datagram)
      }
    }
    this.#flush()
  }

  /** Sends a frame of the codec's own. Where something waits, it is left unsaid. */
  say(frame: Uint8Array): void {
    if (this.#stalled) return
    this.#parts.shared.output.add(frame)
    this.#flush()
  }

  /** Sends TLS's own last word, if there is TLS. If something waits, it is left unsaid. */
  sayFarewell(): void {
    const { shared, tls } = this.#parts
    if (this.#stalled || tls === undefined) return
    tls.farewell(shared.output)
    this.#transmit()
  }

  /** Sends what waits. Returns an error number where the connection broke, else 0. */
  drain(): number {
    const { clock, fd, shared } = this.#parts
    const { output, native } = shared
    output.addOwned(this.#unsent.address, this.#unsent.length)
    const sent = native.sockets.sendmsg(fd, output.messageAddress)
    output.clear()
    if (sent > 0) this.#unsent.took(sent, clock.now())
    else if (!isTransient(sent)) return -sent
    this.#stalled = this.#unsent.length > 0
    return 0
  }

  /** Forgets what waits. */
  release(): void {
    this.#unsent.release()
  }

  #flush(): void {
    const { shared, tls } = this.#parts
    if (shared.output.bytes === 0) return
    tls?.seal(shared.output)
    this.#transmit()
  }

  /**
   * Sends what is gathered, and keeps what the socket does not take. A connection that broke tells so by
   * an event, too: the sender need not be told within its call.
   */
  #transmit(): void {
    const { clock, fd, shared, stalled } = this.#parts
    const { output, native } = shared
    const sent = this.#stalled ? 0 : native.sockets.sendmsg(fd, output.messageAddress)
    const rest = output.bytes - Math.max(0, sent)
    if (rest > 0 && (sent >= 0 || isTransient(sent))) {
      output.copyRest(Math.max(0, sent), this.#unsent.extend(rest, clock.now()))
      this.#stalled = true
      stalled()
    }
    output.clear()
  }
}

/** Whether an error number, negated, only says that nothing can be done now. */
export function isTransient(result: number): boolean {
  return result === -EAGAIN || result === -EINTR
}
