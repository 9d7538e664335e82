import fs from 'node:fs'
import { constants } from 'node:os'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { HEADROOM, TAILROOM } from '../../core/api/packet.js'
import type { Train } from '../../core/api/trains.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import { errnoName } from '../../native/base/libc.js'
import type { Native } from '../../native/base/native.js'
import type { Watcher } from '../../native/base/watcher.js'
import { encodeSocketAddress } from '../../native/sockets/socket-address.js'
import { IncomingMessages, MAX_MESSAGES } from '../../native/udp/incoming-messages.js'
import type { UdpDescriptor } from '../../native/udp/udp-descriptor.js'
import { nativeAddress } from '../net/native-address.js'
import { IncomingBatch } from './incoming-batch.js'
import type { UdpCarrier, UdpNativeLink } from './udp-native-link.js'
import { UdpNativeLinks } from './udp-native-links.js'
import { UdpNativeSender } from './udp-native-sender.js'
import { type Family, MAX_BATCH, type UdpPort } from './udp-port.js'
import { UdpRoutes } from './udp-routes.js'
import { UdpUsers } from './udp-users.js'

/** Calls to receive per wake-up, so that the other direction gets its turn. */
const MAX_CALLS = 4

/** Errors that a socket does not recover from. Others mean that nothing is there, or that one datagram was lost. */
const FATAL = [
  constants.errno.EBADF,
  constants.errno.ENOTSOCK,
  constants.errno.EFAULT,
  constants.errno.EINVAL,
]

type UdpDrops = Record<'oversized' | 'overflow' | 'unsent' | 'truncated', number>

/** A UDP socket on its bare descriptor: many datagrams per call both ways, and no object per sender. */
export class UdpNativeSocket implements UdpPort, UdpCarrier {
  readonly drops: UdpDrops
  readonly family: Family
  readonly host: string
  readonly port: number
  readonly #fd: number
  readonly #incoming: IncomingMessages
  readonly #sender: UdpNativeSender
  readonly #links: UdpNativeLinks
  readonly #routes: UdpRoutes
  readonly users = new UdpUsers(() => this.#release())
  readonly #watcher: Watcher
  /** The datagrams of one sender that wait to be delivered. */
  readonly #batch = new IncomingBatch()

  /** Takes over the descriptor, whose datagrams have this mark; 0 for none. */
  constructor(
    native: Native,
    descriptor: UdpDescriptor,
    family: Family,
    host: string,
    log: Logger,
    mark: number,
  ) {
    this.family = family
    this.host = host
    this.port = descriptor.port
    this.#fd = descriptor.fd
    this.#sender = new UdpNativeSender(native, family, descriptor, log)
    this.drops = Object.assign(this.#sender.drops, { truncated: 0 })
    this.#incoming = new IncomingMessages(native.arena, native.sockets, family, {
      before: HEADROOM,
      after: TAILROOM,
    })
    this.#links = new UdpNativeLinks(this, native.arena.view, family)
    this.#routes = new UdpRoutes(family, mark)
    this.#watcher = native.watchers.watch(
      this.#fd,
      () => this.#read(),
      (thrown) => this.#fail(asError(thrown)),
    )
  }

  dial(address: string, port: number, handlers: LinkHandlers): Link {
    const name = encodeSocketAddress(nativeAddress({ address, family: this.family }, port))
    const link = this.#links.dial(new Uint32Array(name.buffer))
    this.users.dial(link, handlers)
    return link
  }

  send(link: UdpNativeLink, datagrams: readonly Uint8Array[]): void {
    if (!this.users.closed) this.#sender.send(link, datagrams)
  }

  sendTrain(link: UdpNativeLink, train: Train): void {
    if (!this.users.closed) this.#sender.sendTrain(link, train)
  }

  sendUnfragmented(link: UdpNativeLink, datagrams: readonly Uint8Array[]): boolean {
    return this.users.closed || this.#sender.sendUnfragmented(link, datagrams)
  }

  routeLimit(link: UdpNativeLink): number | undefined {
    return this.users.closed ? undefined : this.#routes.limit(link)
  }

  async linkClosed(link: UdpNativeLink): Promise<void> {
    this.#links.forget(link)
    if (link.dialled) await this.users.hangUp(link)
  }

  /** Receives all waiting datagrams, and delivers them in batches of one sender each. */
  #read(): void {
    const incoming = this.#incoming
    const batch = this.#batch
    for (let call = 0; call < MAX_CALLS; call++) {
      const count = incoming.receive(this.#fd)
      if (count < 0) {
        this.#receiveFailed(-count)
        return
      }
      let sender: UdpNativeLink | undefined
      for (let message = 0; message < count; message++) {
        if (!incoming.open(message)) {
          this.drops.truncated++
          continue
        }
        const link = this.#links.from(incoming.nameAt(message), incoming.localAt)
        if (link !== sender || batch.datagrams >= MAX_BATCH) this.#deliver(sender)
        sender = link
        batch.add(incoming.bytes(message), incoming.segmentSize)
      }
      this.#deliver(sender)
      if (this.users.closed || count < MAX_MESSAGES) return
    }
  }

  #deliver(sender: UdpNativeLink | undefined): void {
    const batch = this.#batch
    if (sender === undefined || batch.datagrams === 0) return
    const handlers = sender.dialled ? this.users.dialler(sender) : this.users.unknownSources
    if (!this.users.closed && handlers !== undefined) batch.deliver(sender, handlers)
    batch.clear()
  }

  #receiveFailed(errno: number): void {
    if (FATAL.includes(errno)) this.#fail(new Error(`the kernel says ${errnoName(errno)}`))
  }

  #fail(cause: Error): void {
    this.#watcher.want(0)
    this.users.failed(this.port, cause)
  }

  async #release(): Promise<void> {
    await this.#watcher.close()
    fs.closeSync(this.#fd)
    this.#routes.close()
    this.#incoming.release()
    this.#sender.release()
  }
}
