import { clearList, emptyList } from '../../core/bytes/clear-list.js'
import { MAX_FRAMED } from './framing.js'
import { MAX_FRAMING, MAX_WRITE, SendQueue } from './send-queue.js'
import type { StreamParts } from './stream-parts.js'

/** What an outbox is made of. */
export interface StreamSenderParts {
  /** Bytes written to the socket that it has not passed on yet. */
  readonly waiting: () => number
  /** Hands datagrams of together at most MAX_WRITE bytes to the socket, which calls `done` once it passed them on. */
  readonly write: (datagrams: readonly Uint8Array[], done: () => void) => void
  /** Bytes of the largest datagram; as many as a frame can have if absent. */
  readonly maxDatagram?: number | undefined
  readonly shared: Pick<StreamParts, 'clock' | 'memory' | 'sendQueue'>
  /** Called when the outbox is writable again. */
  readonly drained: () => void
}

/** The sending half of a stream's link: gathers small datagrams, and bounds what waits for a slow carrier. */
export class StreamSender {
  readonly drops = { oversized: 0, empty: 0, overflow: 0 }
  /** Bytes of the largest datagram. */
  maxDatagram: number
  readonly #parts: StreamSenderParts
  readonly #queue: SendQueue
  readonly #run = emptyList<Uint8Array>()
  /** Whether the socket took the last write within the call. */
  #prompt = true
  #lent = false

  constructor(parts: StreamSenderParts) {
    this.#parts = parts
    this.maxDatagram = parts.maxDatagram ?? MAX_FRAMED
    this.#queue = new SendQueue(parts.shared.sendQueue)
  }

  get writable(): boolean {
    return this.#queue.writable(this.#parts.waiting(), this.#parts.shared.clock.now())
  }

  /** Sends the batch in order. What the queue has no room for is dropped and counted. */
  send(datagrams: readonly Uint8Array[]): void {
    const { shared } = this.#parts
    const now = shared.clock.now()
    let bytes = 0
    for (const datagram of datagrams) {
      if (datagram.length === 0) this.drops.empty++
      else if (datagram.length > this.maxDatagram) this.drops.oversized++
      else {
        const framed = datagram.length + MAX_FRAMING
        if (bytes + framed > MAX_WRITE) {
          this.#flush(bytes, now)
          bytes = 0
        }
        this.#run.push(datagram)
        bytes += framed
      }
    }
    if (bytes > 0) this.#flush(bytes, now)
  }

  /** Memory to copy lent bytes to. For use within `write`, once per call. */
  memory(bytes: number): Uint8Array {
    this.#lent = this.#prompt
    return this.#lent ? this.#parts.shared.memory.shared(bytes) : this.#parts.shared.memory.own(bytes)
  }

  #flush(bytes: number, now: number): void {
    const { waiting, write, shared } = this.#parts
    if (this.#queue.admits(bytes, waiting(), now)) {
      this.#queue.handedOver(now)
      this.#lent = false
      write(this.#run, this.#written)
      this.#prompt = waiting() === 0
      if (this.#lent && !this.#prompt) shared.memory.leave()
    } else this.drops.overflow += this.#run.length
    clearList(this.#run)
  }

  readonly #written = (): void => {
    const { shared, drained, waiting } = this.#parts
    if (this.#queue.written(waiting(), shared.clock.now())) drained()
  }
}
