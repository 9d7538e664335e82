import type { Clock } from '../../core/time/clock.js'
import type { StreamOutput } from '../../native/sockets/stream-output.js'
import { ALERT } from './record.js'
import type { RecordKey } from './record-key.js'
import { RecordReader } from './record-reader.js'
import { RecordWriter } from './record-writer.js'
import type { TlsMemory } from './tls-memory.js'

/** What the record layer of a connection is made of. */
export interface TlsRecordsParts {
  readonly memory: TlsMemory
  readonly isClient: boolean
  /** Are the record layer's from now on. */
  readonly receiving: RecordKey
  readonly sending: RecordKey
  readonly clock: Pick<Clock, 'now'>
}

/** Both halves of the record layer of one connection whose handshake is over. RFC 8446 section 5 */
export class TlsRecords {
  readonly reader: RecordReader
  readonly #writer: RecordWriter
  readonly #keys: readonly RecordKey[]

  constructor({ clock, memory, isClient, receiving, sending }: TlsRecordsParts) {
    this.reader = new RecordReader(memory, receiving, isClient, clock)
    this.#writer = new RecordWriter(memory, sending)
    this.#keys = [receiving, sending]
  }

  /** Seals all pieces of an output, in place of which it holds records then. */
  seal(output: StreamOutput): void {
    this.#writer.seal(output, this.reader.owesKeyUpdate)
    this.reader.owesKeyUpdate = false
  }

  /** Makes the last thing to be said the only piece of an output: what was wrong, or goodbye. */
  farewell(output: StreamOutput): void {
    this.#writer.alert(output, this.reader.alert ?? ALERT.closeNotify)
  }

  /** Forgets the keys, and what is kept. */
  erase(): void {
    this.reader.release()
    for (const key of this.#keys) key.erase()
  }
}
