import { endianness } from 'node:os'
import { QanatError } from '../../core/api/errors.js'

/** linux/netlink.h: bytes of struct nlmsghdr and of struct nlattr, and what both are padded to. */
export const MESSAGE_HEADER = 16
export const ATTRIBUTE_HEADER = 4
const ALIGNMENT = 4

/** Without the flags "nested" and "in network byte order". linux/netlink.h */
const ATTRIBUTE_TYPE = 0x3fff

/** A message of the kernel's netlink families. */
export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  /** Which request it answers; 0 if none. */
  readonly sequence: number
  /** The port of the socket whose request made the change that it tells of: mostly a process id. */
  readonly port: number
  /** What follows its header. */
  readonly body: Buffer
}

/** Attributes of a message, by type. */
export type Attributes = ReadonlyMap<number, Buffer>

/** @throws QanatError ERR_NATIVE on a processor whose byte order is not the one written here. */
export function checkByteOrder(): void {
  if (endianness() === 'LE') return
  throw new QanatError(`Cannot use netlink on ${process.arch}: a little-endian processor is needed`, {
    code: 'ERR_NATIVE',
  })
}

/** A length and what pads it. */
export function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}

/** The messages of a datagram of the kernel's; one that is cut short ends them. */
export function parseMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = []
  for (let at = 0; at + MESSAGE_HEADER <= datagram.length; ) {
    const length = datagram.readUInt32LE(at)
    if (length < MESSAGE_HEADER || at + length > datagram.length) break
    messages.push({
      type: datagram.readUInt16LE(at + 4),
      flags: datagram.readUInt16LE(at + 6),
      sequence: datagram.readUInt32LE(at + 8),
      port: datagram.readUInt32LE(at + 12),
      body: datagram.subarray(at + MESSAGE_HEADER, at + length),
    })
    at += aligned(length)
  }
  return messages
}

/** A message with its header. */
export function encodeMessage(type: number, flags: number, sequence: number, body: Uint8Array): Buffer {
  const message = Buffer.alloc(MESSAGE_HEADER + body.length)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  message.writeUInt32LE(sequence, 8)
  message.set(body, MESSAGE_HEADER)
  return message
}

/** The attributes from `offset` of a body on; one that is cut short ends them. */
export function parseAttributes(body: Buffer, offset: number): Attributes {
  const attributes = new Map<number, Buffer>()
  for (let at = offset; at + ATTRIBUTE_HEADER <= body.length; ) {
    const length = body.readUInt16LE(at)
    if (length < ATTRIBUTE_HEADER || at + length > body.length) break
    const type = body.readUInt16LE(at + 2) & ATTRIBUTE_TYPE
    attributes.set(type, body.subarray(at + ATTRIBUTE_HEADER, at + length))
    at += aligned(length)
  }
  return attributes
}

/** An attribute with its header and padding. A number is one of 32 bits. */
export function encodeAttribute(type: number, value: Uint8Array | number): Buffer {
  const bytes = typeof value === 'number' ? uint32(value) : value
  const attribute = Buffer.alloc(aligned(ATTRIBUTE_HEADER + bytes.length))
  attribute.writeUInt16LE(ATTRIBUTE_HEADER + bytes.length, 0)
  attribute.writeUInt16LE(type, 2)
  attribute.set(bytes, ATTRIBUTE_HEADER)
  return attribute
}

/** An attribute of 32 bits; undefined if it is not there. */
export function numberOf(attributes: Attributes, type: number): number | undefined {
  const value = attributes.get(type)
  return value !== undefined && value.length >= 4 ? value.readUInt32LE(0) : undefined
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value, 0)
  return bytes
}
