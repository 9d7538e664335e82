import type { Link } from '../../../src/core/api/transport.js'

/** A link that notes what is sent by it. */
export class FakeLink implements Link {
  readonly remote: string
  readonly source: Uint8Array
  maxDatagram = 65_535
  readonly stream: boolean
  writable = true
  readonly drops = {}
  /** Copies of what was sent before it was closed, a batch at a time; empty batches are left out. */
  readonly batches: Uint8Array[][] = []
  /** Called with each batch, before it is noted. */
  onSend: () => void = () => {}
  closes = 0

  constructor(remote = 'fake://far', stream = false, source = new Uint8Array()) {
    this.remote = remote
    this.source = source
    this.stream = stream
  }

  get sent(): Uint8Array[] {
    return this.batches.flat()
  }

  send(datagrams: readonly Uint8Array[]): void {
    if (this.closes > 0) return
    this.onSend()
    if (datagrams.length > 0) this.batches.push(datagrams.map((datagram) => Uint8Array.from(datagram)))
  }

  async close(): Promise<void> {
    this.closes++
  }
}
