import { constants } from 'node:os'
import type { Logger } from '../../core/api/logger.js'
import type { Train } from '../../core/api/trains.js'
import { RecurringViews } from '../../core/bytes/recurring-views.js'
import type { Native } from '../../native/base/native.js'
import type { Family } from '../../native/base/sockets.js'
import { OutgoingMessages } from '../../native/udp/outgoing-messages.js'
import type { UdpDescriptor } from '../../native/udp/udp-descriptor.js'
import { allowFragments, forbidFragments } from '../../native/udp/udp-fragments.js'
import type { UdpNativeLink } from './udp-native-link.js'
import { MAX_DATAGRAM } from './udp-port.js'

/** Datagrams that the kernel cuts out of one message at most; newer ones take 128. linux/udp.h */
const MAX_SEGMENTS = 64

const { EAGAIN, EINVAL, EIO, EMSGSIZE, ENOBUFS, ECONNREFUSED } = constants.errno

/**
 * Sends batches with as few calls as can be: datagrams of one size, and a last one that may be shorter, go as one
 * message that the kernel cuts (UDP_SEGMENT), and all messages of a batch in one call. Nothing is kept: what the
 * kernel's buffer does not take is dropped and counted.
 */
export class UdpNativeSender {
  readonly drops = { oversized: 0, overflow: 0, unsent: 0 }
  readonly #native: Native
  readonly #family: Family
  readonly #log: Logger
  readonly #fd: number
  readonly #messages: OutgoingMessages
  readonly #pieces = new RecurringViews()
  #maxSegments: number
  /** Whether the interface refused something that must stay whole; undefined while nothing must. */
  #refused: boolean | undefined
  /** Where the messages go. */
  #link: UdpNativeLink | undefined

  constructor(native: Native, family: Family, { fd, segments }: UdpDescriptor, log: Logger) {
    this.#native = native
    this.#family = family
    this.#log = log
    this.#fd = fd
    this.#maxSegments = segments ? MAX_SEGMENTS : 1
    this.#messages = new OutgoingMessages(native.arena, native.sockets, family)
  }

  send(link: UdpNativeLink, datagrams: readonly Uint8Array[]): void {
    const messages = this.#messages
    this.#aim(link)
    /** Of the last message: the bytes of a full segment, the segments it may yet get, and all its bytes. */
    let size = 0
    let room = 0
    let bytes = 0
    for (let index = 0; index < datagrams.length; index++) {
      const datagram = datagrams[index]!
      const { length } = datagram
      if (length > MAX_DATAGRAM) {
        this.drops.oversized++
        continue
      }
      if (
        room > 0 &&
        length <= size &&
        length > 0 &&
        bytes + length <= MAX_DATAGRAM &&
        messages.join(datagram)
      ) {
        room = length < size ? 0 : room - 1 // only the last segment may be shorter
        bytes += length
        continue
      }
      if (!messages.add(datagram)) {
        this.#flush(link)
        messages.add(datagram)
      }
      size = length
      room = (link.gso ? this.#maxSegments : 1) - 1
      bytes = length
    }
    this.#flush(link)
  }

  /** Sends datagrams that lie one behind the other, in as few messages as the kernel takes, each of one piece. */
  sendTrain(link: UdpNativeLink, { bytes, size }: Train): void {
    const messages = this.#messages
    if (size > MAX_DATAGRAM) {
      this.drops.oversized += Math.ceil(bytes.length / size)
      return
    }
    this.#aim(link)
    const most = size * (link.gso ? Math.min(this.#maxSegments, Math.floor(MAX_DATAGRAM / size)) : 1)
    for (let from = 0, place = 0; from < bytes.length; from += most, place++) {
      const piece = this.#pieces.part(place, bytes, from, Math.min(from + most, bytes.length))
      const count = Math.ceil(piece.length / size)
      if (messages.addSegments(piece, size, count)) continue
      this.#flush(link)
      messages.addSegments(piece, size, count)
    }
    this.#flush(link)
  }

  /** Sends datagrams that nobody may cut into fragments. False if this host's interface cannot carry them whole. */
  sendUnfragmented(link: UdpNativeLink, datagrams: readonly Uint8Array[]): boolean {
    this.#refused = !forbidFragments(this.#native, this.#fd, this.#family)
    if (!this.#refused) this.send(link, datagrams)
    allowFragments(this.#native, this.#fd, this.#family)
    const whole = !this.#refused
    this.#refused = undefined
    return whole
  }

  /** Gives the memory back. The object must not be used afterwards. */
  release(): void {
    this.#messages.release()
  }

  #aim(link: UdpNativeLink): void {
    if (link === this.#link) return
    this.#link = link
    this.#messages.setPath(link.name, link.sendFrom)
  }

  /** Sends all messages, past those that fail. */
  #flush(link: UdpNativeLink): void {
    const messages = this.#messages
    let first = 0
    let refused = false
    while (first < messages.count) {
      const result = messages.send(this.#fd, first)
      if (result > 0) first += result
      else if (result === -EAGAIN) {
        // The kernel's buffer is full.
        for (; first < messages.count; first++) this.#count(EAGAIN, messages.datagrams(first))
      } else if (result === -ECONNREFUSED && !refused) {
        refused = true // an ICMP error of an earlier datagram, told in place of sending this one
      } else this.#failed(link, first++, -result)
    }
    messages.clear()
  }

  /** Sends the message's datagrams one by one where that may help, and else counts them. */
  #failed(link: UdpNativeLink, message: number, errno: number): void {
    const segmented = this.#messages.datagrams(message) > 1
    if (segmented && errno === EIO && this.#maxSegments > 1) {
      this.#maxSegments = 1
      this.#log.info('the network device cannot segment UDP: sending datagrams one by one')
    }
    if (errno === EINVAL || (segmented && (errno === EIO || errno === EMSGSIZE))) {
      this.#messages.sendOneByOne(this.#fd, message, (result) => this.#resendOneByOne(link, result))
    } else this.#count(errno, this.#messages.datagrams(message))
  }

  /** Whether a datagram that was sent one by one is to be sent again. */
  #resendOneByOne(link: UdpNativeLink, result: number): boolean {
    if (result > 0) return false
    if (result === -EINVAL && link.sendFrom !== undefined) {
      link.sendFrom = undefined // this host no longer has that address
      this.#messages.setPath(link.name, undefined)
      return true
    }
    this.#count(-result, 1)
    return false
  }

  #count(errno: number, datagrams: number): void {
    if (this.#refused !== undefined && errno === EMSGSIZE) this.#refused = true
    else if (errno === EAGAIN || errno === ENOBUFS) this.drops.overflow += datagrams
    else this.drops.unsent += datagrams
  }
}
