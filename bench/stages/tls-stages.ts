import { systemClock } from '../../src/core/time/system-clock.js'
import { type Native, native } from '../../src/native/base/native.js'
import { StreamOutput } from '../../src/native/sockets/stream-output.js'
import { RecordKey } from '../../src/transports/tls/record-key.js'
import { RecordReader } from '../../src/transports/tls/record-reader.js'
import { RecordWriter } from '../../src/transports/tls/record-writer.js'
import { SUITES, type Suite } from '../../src/transports/tls/suites.js'
import { TlsMemory } from '../../src/transports/tls/tls-memory.js'
import { allocate } from './packets.js'
import type { Stage } from './stage.js'

/** Bytes of a message, and how many of them are sent at once: one record, the largest one, four, and one of many messages. */
const MESSAGES = [
  [64, 1],
  [1400, 1],
  [16_384, 1],
  [64_900, 1],
  [1400, 11],
  [64, 200],
] as const
/** Bytes of memory for what is opened. */
const READ_BYTES = 1 << 20
/** Goes at a time, for the clock; fewer of long ones. */
const REPEATED = 32
/** Bytes that are opened at a time at the most. */
const MOST_READ = 1_000_000

/** TLS records around messages: what a record costs, and each message in it, shows in the differences. */
export function tlsStages(): Stage[] {
  try {
    native()
  } catch {
    return []
  }
  return ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'].flatMap((name) =>
    MESSAGES.flatMap(([bytes, messages]) => recordStages(SUITES[name]!, bytes, messages)),
  )
}

function recordStages(suite: Suite, bytes: number, messages: number): Stage[] {
  const ends = new Ends(suite, bytes, messages)
  const repeated = Math.min(REPEATED, Math.floor(MOST_READ / (bytes * messages)))
  const packets = messages * repeated
  const name = `tls ${suite.aead}, ${messages} at once`
  return [
    {
      name: `${name}: seal`,
      bytes,
      packets,
      run() {
        for (let time = 0; time < repeated; time++) ends.seal()
      },
    },
    {
      name: `${name}: open`,
      bytes,
      packets,
      prepare: () => ends.send(repeated),
      run: () => ends.open(),
    },
  ]
}

/** Two ends of a connection, of which the one reads what the other one has just written. */
class Ends {
  readonly #output = new StreamOutput(native().arena)
  readonly #content = native().arena.reserve(READ_BYTES)
  readonly #pieces: readonly Uint8Array[]
  readonly #memory: TlsMemory
  readonly #idle: RecordWriter
  readonly #writer: RecordWriter
  readonly #reader: RecordReader
  #length = 0

  constructor(suite: Suite, bytes: number, messages: number) {
    this.#pieces = Array.from({ length: messages }, () => allocate(bytes + 16).subarray(0, bytes))
    const sockets: Native['sockets'] = { ...native().sockets, recv: () => this.#length }
    this.#memory = new TlsMemory({ ...native(), sockets })
    const secret = new Uint8Array(suite.hash === 'sha384' ? 48 : 32).fill(3)
    const key = () => new RecordKey(this.#memory, suite, secret)
    this.#idle = new RecordWriter(this.#memory, key())
    this.#writer = new RecordWriter(this.#memory, key())
    this.#reader = new RecordReader(this.#memory, key(), true, systemClock)
  }

  /** Seals what nobody reads. */
  seal(writer = this.#idle): void {
    this.#output.clear()
    for (const piece of this.#pieces) this.#output.add(piece)
    writer.seal(this.#output, false)
  }

  /** Puts the records of so many goes where they are read. */
  send(times: number): void {
    this.#length = 0
    for (let time = 0; time < times; time++) {
      this.seal(this.#writer)
      this.#output.copyRest(0, this.#memory.input.bytes.subarray(this.#length))
      this.#length += this.#output.bytes
    }
  }

  open(): void {
    const length = this.#reader.receive(-1, this.#content.offset, READ_BYTES)
    if (length <= 0) throw new Error('Cannot open records')
  }
}
