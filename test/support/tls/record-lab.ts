import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { native } from '../../../src/native/base/native.js'
import { StreamOutput } from '../../../src/native/sockets/stream-output.js'
import { RecordKey } from '../../../src/transports/tls/record-key.js'
import { RecordReader } from '../../../src/transports/tls/record-reader.js'
import { RecordWriter } from '../../../src/transports/tls/record-writer.js'
import { SUITES, type Suite } from '../../../src/transports/tls/suites.js'
import { TlsMemory } from '../../../src/transports/tls/tls-memory.js'

export const SUITE = SUITES.TLS_AES_256_GCM_SHA384!
export const SECRET = new Uint8Array(48).fill(3)

/** What readers and writers need, for one test file. */
export class RecordLab {
  readonly memory = new TlsMemory(native())
  readonly clock = new VirtualClock()
  readonly output = new StreamOutput(native().arena)
  readonly #content = native().arena.reserve(1 << 20)

  reader(isClient = true, suite: Suite = SUITE, secret = SECRET): RecordReader {
    return this.readerOf(new RecordKey(this.memory, suite, secret), isClient)
  }

  readerOf(key: RecordKey, isClient: boolean): RecordReader {
    return new RecordReader(this.memory, key, isClient, this.clock)
  }

  writer(suite: Suite = SUITE, secret = SECRET, sequence = 0): RecordWriter {
    return new RecordWriter(this.memory, new RecordKey(this.memory, suite, secret, sequence))
  }

  /** The records that a writer makes of these pieces. */
  seal(writer: RecordWriter, pieces: readonly Uint8Array[], keyUpdate = false): Uint8Array {
    for (const piece of pieces) this.output.add(piece)
    writer.seal(this.output, keyUpdate)
    return this.#sealed()
  }

  /** The one record of an alert. */
  alert(writer: RecordWriter, description: number): Uint8Array {
    writer.alert(this.output, description)
    return this.#sealed()
  }

  /** A record of any type, with padding. */
  record(key: RecordKey, type: number, content: Uint8Array, padding = 0): Uint8Array {
    const { arena } = native()
    const region = arena.reserve(5 + content.length + 1 + padding + 16)
    const length = region.length - 5
    region.bytes.set([23, 3, 3, length >>> 8, length])
    region.bytes.set([...content, type], 5)
    key.seal(region.address, region.address + 5, length - 16, region.address + 5)
    const record = region.bytes.slice()
    region.release()
    return record
  }

  key(sequence = 0): RecordKey {
    return new RecordKey(this.memory, SUITE, SECRET, sequence)
  }

  /** What a reader opens of these bytes. */
  open(reader: RecordReader, sealed: Uint8Array): Uint8Array {
    const length = reader.take(sealed, this.#content.offset)
    return this.#content.bytes.slice(0, Math.max(0, length))
  }

  #sealed(): Uint8Array {
    const sealed = new Uint8Array(this.output.bytes)
    this.output.copyRest(0, sealed)
    this.output.clear()
    return sealed
  }
}
