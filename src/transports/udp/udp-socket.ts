import dgram from 'node:dgram'
import { once } from 'node:events'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import { clearList, emptyList } from '../../core/bytes/clear-list.js'
import { parseIpAddress } from '../../core/ip/ip-address.js'
import { listenError } from '../net/listen-error.js'
import { type Family, MAX_BATCH, MAX_DATAGRAM, type UdpPort, udpEndpoint } from './udp-port.js'
import { UdpUsers } from './udp-users.js'

/** Bytes that may wait in the process for the kernel's send buffer; more is dropped, never kept. */
const MAX_QUEUED = 1 << 20
/** Links kept for remotes that send but that nobody dialled, so that an unknown source costs no lasting memory. */
const MAX_PASSING_LINKS = 256

/**
 * A UDP socket by node:dgram, which is everywhere: one call and one copy per datagram. What comes within one turn of the
 * loop is delivered in batches of one sender each.
 */
export class UdpSocket implements UdpPort {
  readonly drops = { oversized: 0, overflow: 0, unsent: 0 }
  readonly family: Family
  readonly host: string
  readonly #socket: dgram.Socket
  readonly users: UdpUsers
  readonly #dialled = new Map<string, Link>()
  /** Links to other remotes, the oldest first. */
  readonly #passing = new Map<string, Link>()
  /** The datagrams of one sender that wait to be delivered. */
  readonly #batch = emptyList<Uint8Array>()
  #sender: Link | undefined

  private constructor(socket: dgram.Socket, family: Family, host: string) {
    this.#socket = socket
    this.family = family
    this.host = host
    this.users = new UdpUsers(() => new Promise((resolve) => socket.close(resolve)))
  }

  /** @throws TransportError ERR_TRANSPORT_LISTEN if the port cannot be had. */
  static async bind(family: Family, host: string, port: number): Promise<UdpSocket> {
    const socket = dgram.createSocket({
      type: `udp${family}`,
      ipv6Only: family === 6,
      // Addresses were resolved before; by default dgram would put off each send to look them up.
      lookup: (address, _options, done) => done(null, address, family),
    })
    try {
      const listening = once(socket, 'listening') // the event may come within bind()
      socket.bind({ port, address: host })
      await listening
    } catch (thrown) {
      socket.close()
      throw listenError(udpEndpoint(family, host, port), thrown)
    }
    return new UdpSocket(socket, family, host).#serve()
  }

  get port(): number {
    return this.#socket.address().port
  }

  dial(address: string, port: number, handlers: LinkHandlers): Link {
    const key = `${address} ${port}`
    const link = this.#link(address, port, () => {
      if (this.#dialled.get(key) === link) this.#dialled.delete(key)
      return this.users.hangUp(link)
    })
    this.#dialled.set(key, link)
    this.users.dial(link, handlers)
    return link
  }

  #serve(): this {
    this.#socket.on('message', (datagram, from) => this.#receive(datagram, from))
    this.#socket.on('error', (error) => this.users.failed(this.port, error))
    return this
  }

  #receive(datagram: Uint8Array, from: dgram.RemoteInfo): void {
    const key = `${from.address} ${from.port}`
    const sender = this.#dialled.get(key) ?? this.#passingLink(key, from)
    if (sender !== this.#sender || this.#batch.length >= MAX_BATCH) this.#deliver()
    if (this.#batch.length === 0) setImmediate(this.#deliver)
    this.#sender = sender
    this.#batch.push(datagram)
  }

  readonly #deliver = (): void => {
    const sender = this.#sender
    if (sender !== undefined && !this.users.closed) {
      const handlers = this.users.dialler(sender) ?? this.users.unknownSources
      handlers?.receive(sender, this.#batch)
    }
    this.#sender = undefined
    clearList(this.#batch)
  }

  #passingLink(key: string, from: dgram.RemoteInfo): Link {
    const known = this.#passing.get(key)
    if (known !== undefined) return known
    if (this.#passing.size >= MAX_PASSING_LINKS) {
      const [oldest] = this.#passing.keys()
      this.#passing.delete(oldest!)
    }
    const link = this.#link(from.address, from.port, async () => {
      if (this.#passing.get(key) === link) this.#passing.delete(key)
    })
    this.#passing.set(key, link)
    return link
  }

  #link(address: string, port: number, onClose: () => Promise<void>): Link {
    const host = this.family === 6 ? `[${address}]` : address
    let closing: Promise<void> | undefined
    const link: Link = {
      remote: `udp://${host}:${port}`,
      source: parseIpAddress(address.replace(/%.*/, '')) ?? new Uint8Array(0), // less the zone of fe80::1%eth0
      maxDatagram: MAX_DATAGRAM,
      stream: false,
      writable: true,
      drops: this.drops,
      send: (datagrams) => {
        if (closing === undefined) this.#send(datagrams, address, port)
      },
      close: () => {
        if (this.#sender === link) this.#sender = undefined // what waits came too late
        closing ??= onClose()
        return closing
      },
    }
    return link
  }

  #send(datagrams: readonly Uint8Array[], address: string, port: number): void {
    if (this.users.closed) return
    for (const datagram of datagrams) {
      if (datagram.length > MAX_DATAGRAM) this.drops.oversized++
      else if (this.#socket.getSendQueueSize() + datagram.length > MAX_QUEUED) this.drops.overflow++
      else this.#socket.send(Buffer.from(datagram), port, address, this.#sent) // libuv may keep it: a copy
    }
  }

  /** An unreachable network is a datagram lost, as anywhere on the way. */
  readonly #sent = (error: Error | null): void => {
    if (error !== null) this.drops.unsent++
  }
}
