import type { StreamOutput } from '../../native/sockets/stream-output.js'
import { KEY_UPDATE_MESSAGE } from './handshake-reader.js'
import {
  ALERT,
  ALERT_LEVEL,
  CONTENT,
  HEADER_BYTES,
  LEGACY_VERSION,
  LENGTH_AT,
  MAX_CONTENT,
  TAG_BYTES,
} from './record.js'
import type { RecordKey } from './record-key.js'
import type { TlsMemory } from './tls-memory.js'

/** Records sealed under one key. RFC 8446 section 5.5 allows 2^24.5 full ones for AES-GCM. */
export const REKEY_AFTER = 2 ** 23

/** The sending half of a connection's record layer: seals what is to be sent. */
export class RecordWriter {
  readonly #memory: TlsMemory
  readonly #key: RecordKey
  /** Bytes of records in the output. */
  #length = 0

  constructor(memory: TlsMemory, key: RecordKey) {
    this.#memory = memory
    this.#key = key
  }

  /**
   * Seals all pieces of an output, which holds one piece of records then.
   *
   * @param keyUpdate Whether the key is to change before.
   */
  seal(output: StreamOutput, keyUpdate: boolean): void {
    this.#length = 0
    if (keyUpdate || this.#key.sequence >= REKEY_AFTER) this.#updateKey()
    let left = output.bytes
    let iovec = 0
    let used = 0
    while (left > 0) {
      let room = Math.min(left, MAX_CONTENT)
      left -= room
      let to = this.#begin(room)
      while (room > 0) {
        const length = Math.min(room, output.iovecLength(iovec) - used)
        if (length > 0) this.#key.add(to, output.iovecAddress(iovec) + used, length)
        to += length
        room -= length
        used += length
        if (used < output.iovecLength(iovec)) continue
        iovec++
        used = 0
      }
      this.#end(to, CONTENT.data)
    }
    this.#deliver(output)
  }

  /** Makes an alert the only piece of an output. */
  alert(output: StreamOutput, description: number): void {
    const level = description === ALERT.closeNotify ? ALERT_LEVEL.warning : ALERT_LEVEL.fatal
    this.#length = 0
    this.#small(CONTENT.alert, Uint8Array.of(level, description))
    this.#deliver(output)
  }

  /** The old key seals the message that announces the new one. RFC 8446 section 4.6.3 */
  #updateKey(): void {
    this.#small(CONTENT.handshake, KEY_UPDATE_MESSAGE)
    this.#key.update()
  }

  #small(type: number, content: Uint8Array): void {
    const { small, smallAddress } = this.#memory
    small.set(content)
    const to = this.#begin(content.length)
    this.#key.add(to, smallAddress, content.length)
    this.#end(to + content.length, type)
  }

  /** Writes the header of a record of `length` bytes and returns the address of what follows it. */
  #begin(length: number): number {
    const { output } = this.#memory
    const at = this.#length
    const sealed = length + 1 + TAG_BYTES
    output.bytes[at] = CONTENT.data
    output.bytes.set(LEGACY_VERSION, at + 1)
    output.bytes[at + LENGTH_AT] = sealed >>> 8
    output.bytes[at + LENGTH_AT + 1] = sealed
    this.#key.begin(output.address + at)
    this.#length += HEADER_BYTES + sealed
    return output.address + at + HEADER_BYTES
  }

  #end(to: number, type: number): void {
    const { small, smallAddress } = this.#memory
    small[0] = type
    this.#key.add(to, smallAddress, 1)
    this.#key.end(to + 1)
  }

  #deliver(output: StreamOutput): void {
    output.clear()
    output.addOwned(this.#memory.output.address, this.#length)
  }
}
