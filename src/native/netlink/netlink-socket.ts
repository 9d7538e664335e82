import fs from 'node:fs'
import { constants } from 'node:os'
import { HostError, QanatError } from '../../core/api/errors.js'
import { errnoName } from '../base/libc.js'
import { type Native, native } from '../base/native.js'
import { SOCK_CLOEXEC, SOCK_NONBLOCK } from '../base/sockets.js'
import { inNamespace } from '../process/namespace-scope.js'
import {
  aligned,
  checkByteOrder,
  encodeMessage,
  MESSAGE_HEADER,
  type NetlinkMessage,
  parseAttributes,
  parseMessages,
} from './netlink-message.js'

/** bits/socket.h */
const AF_NETLINK = 16
const SOCK_RAW = 3
/** Families of netlink. linux/netlink.h */
export const NETLINK_ROUTE = 0
export const NETLINK_NETFILTER = 12

/** Flags of requests. linux/netlink.h */
const NLM_F_REQUEST = 0x1
const NLM_F_ACK = 0x4
const NLM_F_DUMP = 0x300
/** A dump during which something changed: parts of it may be old. */
const NLM_F_DUMP_INTR = 0x10
/** On an answer: only the header of the request is in it; attributes follow. */
const NLM_F_CAPPED = 0x100
const NLM_F_ACK_TLVS = 0x200
/** Types of answers. */
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
/** What the kernel has to say about an error. linux/netlink.h */
const NLMSGERR_ATTR_MSG = 1
const SOL_NETLINK = 270
const NETLINK_EXT_ACK = 11

/** Bytes of struct sockaddr_nl. */
const ADDRESS_BYTES = 12
/** Bytes of a datagram of the kernel's, of at most 32 KiB. netlink(7) */
const DATAGRAM_BYTES = 64 * 1024
/** Times that a dump is taken anew because something changed meanwhile. */
const MAX_DUMPS = 8
/** Negative, as the kernel returns them. */
const EAGAIN = -constants.errno.EAGAIN

/** A part of what the kernel does at once. */
interface BatchedRequest {
  readonly type: number
  readonly body: Uint8Array
  /** Whether the kernel is asked to say that it is done. It tells of an error anyway. */
  readonly acknowledged: boolean
}

/** The kernel refused a request. */
export class NetlinkError extends HostError {
  /** Such as `EEXIST`. */
  readonly errno: string

  constructor(what: string, errno: number, said: string) {
    const name = errnoName(errno)
    super(`Cannot ${what}: the kernel says ${said === '' ? name : `${name}: ${said}`}`, {
      code: 'ERR_HOST_CHANGE',
    })
    this.errno = name
  }
}

/**
 * A socket of a netlink family of the kernel's, in the namespace at hand. The kernel answers within the call that asks, so nothing waits; for the
 * main thread, which alone keeps its capabilities if root is dropped.
 */
export class NetlinkSocket {
  readonly #native: Native
  readonly #fd: number
  #sequence = 0

  /**
   * `groups` are the bits of the events that `receive` tells of.
   *
   * @throws QanatError ERR_NATIVE if the system cannot be called directly, or has no such family.
   */
  constructor(family: number, groups = 0) {
    checkByteOrder()
    this.#native = native()
    const { sockets } = this.#native
    const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC
    const fd = inNamespace(() => sockets.socket(AF_NETLINK, type, family))
    if (fd < 0) throw noSocket(-fd)
    this.#fd = fd
    this.#explainErrors()
    const failed = this.#bind(groups)
    if (failed >= 0) return
    fs.closeSync(fd)
    throw noSocket(-failed)
  }

  get fd(): number {
    return this.#fd
  }

  /**
   * Asks for a change. `what` says in errors what it is, such as `add a route`.
   *
   * @throws NetlinkError with what the kernel says.
   */
  change(what: string, type: number, flags: number, body: Uint8Array): void {
    this.#send(what, type, NLM_F_REQUEST | NLM_F_ACK | flags, body)
    for (;;) {
      for (const { sequence, type, body, flags } of this.#receive(what)) {
        if (sequence !== this.#sequence || type !== NLMSG_ERROR) continue
        const errno = -body.readInt32LE(0)
        if (errno === 0) return
        throw new NetlinkError(what, errno, explanation(body, flags))
      }
    }
  }

  /**
   * Asks for changes that the kernel makes all at once or not at all.
   *
   * @throws NetlinkError with what the kernel says.
   */
  changeAtOnce(what: string, requests: readonly BatchedRequest[]): void {
    const first = this.#sequence + 1
    const unanswered = new Set<number>()
    const messages = requests.map(({ acknowledged, body, type }, at) => {
      if (acknowledged) unanswered.add(first + at)
      return encodeMessage(type, acknowledged ? NLM_F_REQUEST | NLM_F_ACK : NLM_F_REQUEST, first + at, body)
    })
    this.#sequence += requests.length
    this.#sendBytes(what, Buffer.concat(messages))
    while (unanswered.size > 0) {
      for (const { sequence, type, body, flags } of this.#receive(what)) {
        if (type !== NLMSG_ERROR || sequence < first) continue
        const errno = -body.readInt32LE(0)
        if (errno !== 0) throw new NetlinkError(what, errno, explanation(body, flags))
        unanswered.delete(sequence)
      }
    }
  }

  /**
   * The kernel's answer to a question that has but one.
   *
   * @throws NetlinkError with what the kernel says.
   */
  ask(what: string, type: number, body: Uint8Array): NetlinkMessage {
    this.#send(what, type, NLM_F_REQUEST, body)
    for (;;) {
      for (const message of this.#receive(what)) {
        if (message.sequence !== this.#sequence) continue
        if (message.type !== NLMSG_ERROR) return message
        throw new NetlinkError(what, -message.body.readInt32LE(0), explanation(message.body, message.flags))
      }
    }
  }

  /**
   * All that the kernel has of a kind.
   *
   * @throws NetlinkError with what the kernel says.
   */
  dump(what: string, type: number, body: Uint8Array): NetlinkMessage[] {
    for (let dump = 1; ; dump++) {
      const { messages, interrupted } = this.#dumpOnce(what, type, body)
      if (!interrupted || dump === MAX_DUMPS) return messages
    }
  }

  /** Events that came; `undefined` if some were lost, so that only a dump tells what there is. */
  receive(): NetlinkMessage[] | undefined {
    const messages: NetlinkMessage[] = []
    for (;;) {
      const datagram = this.#read()
      if (datagram === EAGAIN) return messages
      if (typeof datagram === 'number') return undefined
      messages.push(...parseMessages(datagram))
    }
  }

  /** It must not be watched any more. */
  close(): void {
    fs.closeSync(this.#fd)
  }

  #dumpOnce(what: string, type: number, body: Uint8Array) {
    const messages: NetlinkMessage[] = []
    let interrupted = false
    this.#send(what, type, NLM_F_REQUEST | NLM_F_DUMP, body)
    for (;;) {
      for (const message of this.#receive(what)) {
        if (message.sequence !== this.#sequence) continue
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) interrupted = true
        if (message.type === NLMSG_DONE) return { messages, interrupted }
        if (message.type === NLMSG_ERROR) {
          throw new NetlinkError(what, -message.body.readInt32LE(0), explanation(message.body, message.flags))
        }
        messages.push(message)
      }
    }
  }

  #send(what: string, type: number, flags: number, body: Uint8Array): void {
    this.#sequence = (this.#sequence + 1) >>> 0
    this.#sendBytes(what, encodeMessage(type, flags, this.#sequence, body))
  }

  #sendBytes(what: string, message: Uint8Array): void {
    const { arena, sockets } = this.#native
    const region = arena.reserve(message.length)
    try {
      region.bytes.set(message)
      const sent = sockets.send(this.#fd, region.address, message.length)
      if (sent < 0) throw new NetlinkError(what, -sent, '')
    } finally {
      region.release()
    }
  }

  #receive(what: string): NetlinkMessage[] {
    const datagram = this.#read()
    if (typeof datagram === 'number') throw new NetlinkError(what, -datagram, '')
    return parseMessages(datagram)
  }

  /** A datagram, or an error number, negated. */
  #read(): Buffer | number {
    const { arena, sockets } = this.#native
    const region = arena.reserve(DATAGRAM_BYTES, false)
    try {
      const length = sockets.recv(this.#fd, region.address, DATAGRAM_BYTES)
      return length < 0 ? length : Buffer.from(region.bytes.subarray(0, length))
    } finally {
      region.release()
    }
  }

  #bind(groups: number): number {
    const { arena, sockets } = this.#native
    const address = arena.reserve(ADDRESS_BYTES)
    try {
      arena.view.setUint16(address.offset, AF_NETLINK, true)
      arena.view.setUint32(address.offset + 8, groups, true)
      return sockets.bind(this.#fd, address.address, ADDRESS_BYTES)
    } finally {
      address.release()
    }
  }

  /** Has the kernel say more than a number; an old one does not, which is no harm. */
  #explainErrors(): void {
    const { arena, libc } = this.#native
    const on = arena.reserve(4)
    arena.view.setInt32(on.offset, 1, true)
    libc.setsockopt(this.#fd, SOL_NETLINK, NETLINK_EXT_ACK, on.address, 4)
    on.release()
  }
}

/** What the kernel says about an error; empty if nothing. */
function explanation(body: Buffer, flags: number): string {
  if ((flags & NLM_F_ACK_TLVS) === 0 || body.length < 4 + MESSAGE_HEADER) return ''
  const request = (flags & NLM_F_CAPPED) !== 0 ? MESSAGE_HEADER : body.readUInt32LE(4)
  const text = parseAttributes(body, 4 + aligned(request)).get(NLMSGERR_ATTR_MSG)
  return text === undefined ? '' : text.toString('latin1').replace(/\0.*$/s, '')
}

function noSocket(errno: number): QanatError {
  return new QanatError(`Cannot open a netlink socket: the kernel says ${errnoName(errno)}`, {
    code: 'ERR_NATIVE',
  })
}
