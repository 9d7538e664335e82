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
  readonly #arena: Uint8Array
  /** What makes an address an offset in the arena. */
  readonly #base: number
  /** Bytes of records in the output. */
  #length = 0

  constructor(memory: TlsMemory, key: RecordKey) {
    const { arena } = memory.native
    this.#memory = memory
    this.#key = key
    this.#arena = arena.bytes
    this.#base = arena.address(0)
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
      const length = Math.min(left, MAX_CONTENT)
      left -= length
      const to = this.#begin(length)
      while (used === output.iovecLength(iovec)) {
        iovec++
        used = 0
      }
      if (used + length <= output.iovecLength(iovec)) {
        this.#sealFrom(output.iovecAddress(iovec) - this.#base + used, length, to)
        used += length
      } else {
        // Of several pieces: to copy them costs less than a call for each.
        for (let copied = 0; copied < length; ) {
          if (used === output.iovecLength(iovec)) {
            iovec++
            used = 0
          }
          const count = Math.min(length - copied, output.iovecLength(iovec) - used)
          const from = output.iovecAddress(iovec) - this.#base + used
          this.#arena.copyWithin(to + copied, from, from + count)
          copied += count
          used += count
        }
        this.#sealInPlace(to, length, CONTENT.data)
      }
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
    const to = this.#begin(content.length)
    this.#arena.set(content, to)
    this.#sealInPlace(to, content.length, type)
  }

  /** Writes the header of a record of `length` bytes and returns where in the arena its content goes. */
  #begin(length: number): number {
    const { output } = this.#memory
    const at = this.#length
    const sealed = length + 1 + TAG_BYTES
    output.bytes[at] = CONTENT.data
    output.bytes[at + 1] = LEGACY_VERSION[0]
    output.bytes[at + 2] = LEGACY_VERSION[1]
    output.bytes[at + LENGTH_AT] = sealed >>> 8
    output.bytes[at + LENGTH_AT + 1] = sealed
    this.#length += HEADER_BYTES + sealed
    return output.offset + at + HEADER_BYTES
  }

  /** Seals data that lies elsewhere in the arena. The content type has to follow it, so what stands there is restored afterwards. */
  #sealFrom(from: number, length: number, to: number): void {
    const end = from + length
    const behind = this.#arena[end]!
    this.#arena[end] = CONTENT.data
    this.#key.seal(this.#base + to - HEADER_BYTES, this.#base + from, length + 1, this.#base + to)
    this.#arena[end] = behind
  }

  #sealInPlace(at: number, length: number, type: number): void {
    const address = this.#base + at
    this.#arena[at + length] = type
    this.#key.seal(address - HEADER_BYTES, address, length + 1, address)
  }

  #deliver(output: StreamOutput): void {
    output.clear()
    output.addOwned(this.#memory.output.address, this.#length)
  }
}
