import { RecurringViews } from '../../core/bytes/recurring-views.js'
import type { Arena, Region } from '../base/arena.js'
import type { Family, Sockets } from '../base/sockets.js'
import { IOVEC, MESSAGE, MSG_CTRUNC, MSG_TRUNC, setAddress } from '../sockets/message-layout.js'
import { SOCKET_ADDRESS_BYTES } from '../sockets/socket-address.js'
import { ReceivedControl } from './control-message.js'

/** Messages that one call may return. */
export const MAX_MESSAGES = 8
/** Bytes that one message may bring, which the kernel joined of several datagrams (UDP_GRO). */
const DATA_BYTES = 65_536
const NAME_BYTES = 32
const CONTROL_BYTES = 128

const MESSAGES_AT = 0
const IOVECS_AT = MESSAGES_AT + MAX_MESSAGES * MESSAGE.bytes
const NAMES_AT = IOVECS_AT + MAX_MESSAGES * IOVEC.bytes
const CONTROLS_AT = NAMES_AT + MAX_MESSAGES * NAME_BYTES
const SLOTS_AT = CONTROLS_AT + MAX_MESSAGES * CONTROL_BYTES

/** Messages that recvmmsg brings in one call, each of one datagram or of several that the kernel joined. */
export class IncomingMessages {
  readonly #arena: Arena
  readonly #sockets: Sockets
  readonly #family: Family
  readonly #region: Region
  readonly #control: ReceivedControl
  readonly #views = new RecurringViews()
  /** Bytes before a message's data, and from one message's data to the next one's. */
  readonly #headroom: number
  readonly #slotBytes: number
  /** How many messages the kernel wrote to, and have to be made ready again. */
  #used = MAX_MESSAGES

  /** `room` is what a borrower of a message may overwrite before and after it, in bytes. */
  constructor(arena: Arena, sockets: Sockets, family: Family, room: { before: number; after: number }) {
    this.#arena = arena
    this.#sockets = sockets
    this.#family = family
    this.#headroom = room.before
    this.#slotBytes = room.before + DATA_BYTES + room.after
    this.#region = arena.reserve(SLOTS_AT + MAX_MESSAGES * this.#slotBytes)
    this.#control = new ReceivedControl(arena.view, family)
    for (let message = 0; message < MAX_MESSAGES; message++) this.#prepare(message)
  }

  /** Receives what is there. Returns how many messages that are, or an error number, negated. */
  receive(fd: number): number {
    const { view } = this.#arena
    for (let message = 0; message < this.#used; message++) {
      const at = this.#messageAt(message)
      view.setUint32(at + MESSAGE.nameLength, SOCKET_ADDRESS_BYTES[this.#family], true)
      view.setUint32(at + MESSAGE.controlLength, CONTROL_BYTES, true)
    }
    const count = this.#sockets.recvmmsg(fd, this.#region.address + MESSAGES_AT, MAX_MESSAGES)
    this.#used = Math.max(0, count)
    return count
  }

  /** Looks into a message, for `localAt` and `cut`. False: it did not fit, and is to be passed over. */
  open(message: number): boolean {
    const { view } = this.#arena
    const at = this.#messageAt(message)
    if (view.getUint32(at + MESSAGE.flags, true) & (MSG_TRUNC | MSG_CTRUNC)) return false
    const control = this.#region.offset + CONTROLS_AT + message * CONTROL_BYTES
    this.#control.read(control, control + view.getUint32(at + MESSAGE.controlLength, true))
    return true
  }

  /** The bytes of the message last opened, as a view that is valid until `receive` is called again, with room around it. */
  bytes(message: number): Uint8Array {
    const { bytes, view } = this.#arena
    const from = this.#region.offset + this.#dataAt(message)
    const length = view.getUint32(this.#messageAt(message) + MESSAGE.received, true)
    return this.#views.part(message, bytes, from, from + length)
  }

  /** Bytes of each datagram of the message last opened; the last may be shorter. */
  get segmentSize(): number {
    return this.#control.segmentSize
  }

  /** Offset in the arena of the socket address that a message came from. */
  nameAt(message: number): number {
    return this.#region.offset + NAMES_AT + message * NAME_BYTES
  }

  /** Offset in the arena of the local address that the message last opened was sent to; 0 if nothing tells it. */
  get localAt(): number {
    return this.#control.localAt
  }

  /** Gives the memory back. The object must not be used afterwards. */
  release(): void {
    this.#region.release()
  }

  /** Writes what the kernel leaves as it is. */
  #prepare(message: number): void {
    const { view } = this.#arena
    const { address, offset } = this.#region
    const at = this.#messageAt(message)
    const iovec = IOVECS_AT + message * IOVEC.bytes
    setAddress(view, at + MESSAGE.name, address + NAMES_AT + message * NAME_BYTES)
    setAddress(view, at + MESSAGE.iovecs, address + iovec)
    view.setUint32(at + MESSAGE.iovecCount, 1, true)
    setAddress(view, at + MESSAGE.control, address + CONTROLS_AT + message * CONTROL_BYTES)
    setAddress(view, offset + iovec + IOVEC.base, address + this.#dataAt(message))
    view.setUint32(offset + iovec + IOVEC.length, DATA_BYTES, true)
  }

  #messageAt(message: number): number {
    return this.#region.offset + MESSAGES_AT + message * MESSAGE.bytes
  }

  /** Offset in the region. */
  #dataAt(message: number): number {
    return SLOTS_AT + message * this.#slotBytes + this.#headroom
  }
}
