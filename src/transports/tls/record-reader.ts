import { constants } from 'node:os'
import { PartialFrameBuffer } from '../../core/bytes/partial-frame-buffer.js'
import type { Clock } from '../../core/time/clock.js'
import { HandshakeReader } from './handshake-reader.js'
import { KeyUpdateLimit } from './key-update-limit.js'
import { ALERT, CONTENT, HEADER_BYTES, LENGTH_AT, MAX_SEALED, MIN_SEALED } from './record.js'
import type { RecordKey } from './record-key.js'
import { SEALED_INPUT_BYTES, type TlsMemory } from './tls-memory.js'

/** Records without data that may come in a row, as OpenSSL has it. */
const MAX_IDLE_RECORDS = 32
const { EAGAIN } = constants.errno

/** The receiving half of a connection's record layer: opens records and joins what they carry. */
export class RecordReader {
  /** Why nothing more is to be read; undefined while the connection goes on. Anything but `closed` is the remote's fault. */
  ended: 'closed' | string | undefined
  /** What to alert the remote with; undefined for nothing. */
  alert: number | undefined
  /** KeyUpdates that came, which change the keys. */
  keyUpdates = 0
  /** Whether the remote is to be sent a KeyUpdate before anything else. RFC 8446 section 4.6.3 */
  owesKeyUpdate = false
  readonly #memory: TlsMemory
  readonly #key: RecordKey
  readonly #handshake: HandshakeReader
  readonly #keyUpdateLimit: KeyUpdateLimit
  /** The beginning of a record that did not come whole. */
  readonly #partial: PartialFrameBuffer
  #idle = 0

  /** @param isClient Whether this end dialled: only then tickets may come. */
  constructor(memory: TlsMemory, key: RecordKey, isClient: boolean, clock: Pick<Clock, 'now'>) {
    this.#memory = memory
    this.#key = key
    this.#partial = new PartialFrameBuffer(memory.pool)
    this.#handshake = new HandshakeReader(isClient)
    this.#keyUpdateLimit = new KeyUpdateLimit(clock)
  }

  /** Whether all that came made whole records and messages. */
  get isBetweenMessages(): boolean {
    return this.#partial.length === 0 && !this.#handshake.isInside
  }

  /**
   * As `Sockets.recv`, but it writes what the records carry to the arena's offset `at`, where there are `room`
   * bytes. An error number of EAGAIN also means that no whole record with data came.
   */
  receive(fd: number, at: number, room: number): number {
    const { native, input } = this.#memory
    const kept = this.#partial.length
    const most = Math.min(SEALED_INPUT_BYTES, room) - kept
    const length = native.sockets.recv(fd, input.address + kept, most)
    if (length <= 0) return length
    this.#partial.moveTo(input.bytes, 0)
    return this.#open(kept + length, at)
  }

  /** Keeps what was read by somebody else, to be opened by `take`. At most SEALED_INPUT_BYTES. */
  keep(sealed: Uint8Array): void {
    this.#partial.keep(sealed)
  }

  /** Takes what was read by somebody else, as `receive` does. At most SEALED_INPUT_BYTES with what is kept. */
  take(sealed: Uint8Array, at: number): number {
    const { input } = this.#memory
    const kept = this.#partial.length
    this.#partial.moveTo(input.bytes, 0)
    input.bytes.set(sealed, kept)
    return this.#open(kept + sealed.length, at)
  }

  /** Forgets what is kept. */
  release(): void {
    this.#partial.drop()
  }

  /** Opens the records in the first `end` bytes of the input. */
  #open(end: number, at: number): number {
    const { native, input } = this.#memory
    const { bytes } = input
    const arena = native.arena.bytes
    let to = at
    let from = 0
    while (this.ended === undefined && from + HEADER_BYTES <= end) {
      const length = this.#sealedLength(bytes, from)
      const next = from + HEADER_BYTES + length
      if (length === 0 || next > end) break
      if (!this.#key.open(input.address + from, length, native.arena.address(to))) {
        arena.fill(0, to, to + length) // unverified text is shown to nobody
        this.#fail(ALERT.badRecordMac, 'it sent a TLS record that is not authentic')
        break
      }
      // The type follows the content, and zeros may follow the type.
      let last = to + length - MIN_SEALED
      while (last > to && arena[last] === 0) last--
      from = next
      if (arena[last] === CONTENT.data && last > to && !this.#handshake.isInside) {
        this.#idle = 0
        to = last
      } else this.#meet(arena[last]!, arena.subarray(to, last))
    }
    if (this.ended === undefined && from < end) this.#partial.keep(bytes.subarray(from, end))
    if (to > at) return to - at
    return this.ended === 'closed' ? 0 : -EAGAIN
  }

  /** Bytes behind the header; 0 if the header is wrong. */
  #sealedLength(bytes: Uint8Array, from: number): number {
    const length = (bytes[from + LENGTH_AT]! << 8) | bytes[from + LENGTH_AT + 1]!
    if (bytes[from] !== CONTENT.data) {
      this.#fail(ALERT.unexpectedMessage, 'it sent a TLS record that is not encrypted')
    } else if (length > MAX_SEALED) this.#fail(ALERT.recordOverflow, 'it sent a TLS record that is too long')
    else if (length < MIN_SEALED) this.#fail(ALERT.decodeError, 'it sent a TLS record that is too short')
    return this.ended === undefined ? length : 0
  }

  /** Deals with records that hold no data for the connection's user. */
  #meet(type: number, content: Uint8Array): void {
    if (++this.#idle > MAX_IDLE_RECORDS) {
      this.#fail(ALERT.unexpectedMessage, 'it sent too many TLS records without data')
    } else if (type === CONTENT.handshake && content.length > 0) this.#shakeHands(content)
    else if (this.#handshake.isInside) {
      this.#fail(ALERT.unexpectedMessage, 'it sent a TLS record within a handshake message')
    } else if (type === CONTENT.alert) this.#alerted(content)
    else if (type !== CONTENT.data) {
      this.#fail(ALERT.unexpectedMessage, `it sent a TLS record of type ${type}`)
    }
  }

  #shakeHands(content: Uint8Array): void {
    switch (this.#handshake.read(content)) {
      case 'key-update-requested':
        this.owesKeyUpdate = true
        this.#updateKey()
        break
      case 'key-update':
        this.#updateKey()
        break
      case 'unexpected':
        this.#fail(ALERT.unexpectedMessage, 'it sent an unexpected TLS handshake message')
        break
      case 'broken':
        this.#fail(ALERT.decodeError, 'it sent a broken TLS handshake message')
    }
  }

  #updateKey(): void {
    if (!this.#keyUpdateLimit.admits()) {
      this.#fail(ALERT.unexpectedMessage, 'it changed its TLS key too often')
      return
    }
    this.#key.update()
    this.keyUpdates++
  }

  #alerted(content: Uint8Array): void {
    const [, description] = content
    if (content.length !== 2) this.#fail(ALERT.decodeError, 'it sent a broken TLS alert')
    else if (description === ALERT.closeNotify) this.ended = 'closed'
    else if (description !== ALERT.userCanceled) this.ended = `it sent the TLS alert ${description}`
  }

  #fail(alert: number, why: string): void {
    this.alert = alert
    this.ended = why
  }
}
