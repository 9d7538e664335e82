import {
  type Family,
  IP_PKTINFO,
  IPV6_PKTINFO,
  SOL_IP,
  SOL_IPV6,
  SOL_UDP,
  UDP_GRO,
  UDP_SEGMENT,
} from '../base/sockets.js'

/** Where the fields of struct cmsghdr are, and what follows it. bits/socket.h */
const LENGTH = 0
const LEVEL = 8
const TYPE = 12
const DATA = 16
/** Bytes. Control messages start on multiples of this. */
const ALIGNMENT = 8

/** The message that tells a datagram's local address, by family: `ip` is where the address is in its data. */
const LOCAL_ADDRESS = {
  4: { level: SOL_IP, type: IP_PKTINFO, dataBytes: 12, ip: 4 }, // struct in_pktinfo, ipi_spec_dst
  6: { level: SOL_IPV6, type: IPV6_PKTINFO, dataBytes: 20, ip: 0 }, // struct in6_pktinfo, ipi6_addr
} as const

const SEGMENT_DATA_BYTES = 2

/** Bytes of a control message that asks for segmentation, with what aligns the next one. */
export const SEGMENT_CONTROL_BYTES = aligned(DATA + SEGMENT_DATA_BYTES)
/** Bytes of a control message with the local address to send from. */
export const LOCAL_CONTROL_BYTES = {
  4: aligned(DATA + LOCAL_ADDRESS[4].dataBytes),
  6: aligned(DATA + LOCAL_ADDRESS[6].dataBytes),
} as const

/** Writes a message that asks for segmentation; `setSegmentSize` completes it. */
export function writeSegmentControl(view: DataView, at: number): void {
  writeHeader(view, at, SEGMENT_DATA_BYTES, SOL_UDP, UDP_SEGMENT)
}

/** Writes a message that chooses the local address, still unspecified, and leaves the interface to routing. */
export function writeLocalControl(view: DataView, at: number, family: Family): void {
  const { level, type, dataBytes } = LOCAL_ADDRESS[family]
  writeHeader(view, at, dataBytes, level, type)
}

/** Sets the bytes per segment in the message that starts at `at`. */
export function setSegmentSize(view: DataView, at: number, size: number): void {
  view.setUint16(at + DATA, size, true)
}

/** Where the local address is in the message that starts at `at`. */
export function localAddressAt(at: number, family: Family): number {
  return at + DATA + LOCAL_ADDRESS[family].ip
}

/** What the control messages of one received message say. */
export class ReceivedControl {
  /** Bytes of each datagram in the message; 0 if it is one. */
  segmentSize = 0
  /** Offset of the local address that the message was sent to; 0 if the kernel does not tell. */
  localAt = 0
  readonly #view: DataView
  readonly #family: Family

  constructor(view: DataView, family: Family) {
    this.#view = view
    this.#family = family
  }

  /** Reads the control messages that lie from `at` to `end`. Unknown ones are passed over. */
  read(at: number, end: number): void {
    const view = this.#view
    const local = LOCAL_ADDRESS[this.#family]
    this.segmentSize = 0
    this.localAt = 0
    while (at + DATA <= end) {
      const length = view.getUint32(at + LENGTH, true)
      if (length < DATA || at + length > end) return
      const level = view.getInt32(at + LEVEL, true)
      const type = view.getInt32(at + TYPE, true)
      if (level === SOL_UDP && type === UDP_GRO) this.segmentSize = view.getInt32(at + DATA, true)
      else if (level === local.level && type === local.type) this.localAt = at + DATA + local.ip
      at += aligned(length)
    }
  }
}

function writeHeader(view: DataView, at: number, dataBytes: number, level: number, type: number): void {
  view.setUint32(at + LENGTH, DATA + dataBytes, true)
  view.setUint32(at + LENGTH + 4, 0, true)
  view.setInt32(at + LEVEL, level, true)
  view.setInt32(at + TYPE, type, true)
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}
