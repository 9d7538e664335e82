import type { Arena } from '../../../src/native/base/arena.js'
import { IOVEC, MESSAGE } from '../../../src/native/sockets/message-layout.js'

/** One message as sendmmsg would send it. */
export interface SentMessage {
  readonly name: Uint8Array
  /** Bytes per segment; 0 where it is not to be cut. */
  readonly segmentSize: number
  /** The type of the control message that chooses the local address, and its data. */
  readonly local: Uint8Array | undefined
  readonly pieces: number
  readonly bytes: Uint8Array
}

/** Reads the messages that sendmmsg is given, as the kernel would. */
export function readMessages(arena: Arena, address: number, count: number): SentMessage[] {
  const { view } = arena
  const base = arena.address(0)
  const pointer = (at: number) => Number(view.getBigUint64(at, true)) - base
  return Array.from({ length: count }, (_, index) => {
    const at = address - base + index * MESSAGE.bytes
    const name = pointer(at + MESSAGE.name)
    const pieces = view.getUint32(at + MESSAGE.iovecCount, true)
    const parts: Uint8Array[] = []
    for (let piece = 0; piece < pieces; piece++) {
      const iovec = pointer(at + MESSAGE.iovecs) + piece * IOVEC.bytes
      const start = pointer(iovec + IOVEC.base)
      parts.push(arena.bytes.subarray(start, start + view.getUint32(iovec + IOVEC.length, true)))
    }
    let control = pointer(at + MESSAGE.control)
    const end = control + view.getUint32(at + MESSAGE.controlLength, true)
    let segmentSize = 0
    let local: Uint8Array | undefined
    while (control < end) {
      const length = view.getUint32(control, true)
      if (view.getInt32(control + 12, true) === 103) segmentSize = view.getUint16(control + 16, true)
      else local = arena.bytes.slice(control + 16, control + length)
      control += Math.ceil(length / 8) * 8
    }
    return {
      name: arena.bytes.slice(name, name + view.getUint32(at + MESSAGE.nameLength, true)),
      segmentSize,
      local,
      pieces,
      bytes: Uint8Array.from(Buffer.concat(parts)),
    }
  })
}

/** The datagrams that the kernel makes of messages. */
export function cutMessages(messages: readonly SentMessage[]): Uint8Array[] {
  return messages.flatMap(({ bytes, segmentSize }) => {
    if (segmentSize === 0) return [bytes]
    const count = Math.ceil(bytes.length / segmentSize)
    return Array.from({ length: count }, (_, index) =>
      bytes.slice(index * segmentSize, (index + 1) * segmentSize),
    )
  })
}
