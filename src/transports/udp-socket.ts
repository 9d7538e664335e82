import dgram from 'node:dgram'
import { once } from 'node:events'
import { TransportError } from '../core/errors.js'
import { parseIpAddress } from '../core/ip-address.js'
import type { Link, LinkHandlers } from '../core/transport.js'
import { listenError } from './listen-error.js'

/** Bytes. The largest payload of a UDP datagram over IPv4; the path fragments what exceeds its MTU. */
const MAX_DATAGRAM = 65_507
/** Bytes that may wait in the process for the kernel's send buffer; more is dropped, never kept. */
const MAX_QUEUED = 1 << 20
/** Links kept for remotes that send but that nobody dialled, so that a stranger costs no memory for good. */
const MAX_PASSING_LINKS = 256

export type Family = 4 | 6

/** One unconnected UDP socket, shared by dialling and listening. */
export class UdpSocket {
  readonly drops = { oversized: 0, overflow: 0, unsent: 0 }
  readonly family: Family
  /** The local address that it is bound to. */
  readonly host: string
  readonly #socket: dgram.Socket
  /** Links that somebody dialled, and whom each tells. */
  readonly #dialled = new Map<string, { link: Link; handlers: LinkHandlers }>()
  /** Links to other remotes, the oldest first. */
  readonly #passing = new Map<string, Link>()
  #listening: LinkHandlers | undefined
  #users = 0
  #closed = false

  private constructor(socket: dgram.Socket, family: Family, host: string) {
    this.#socket = socket
    this.family = family
    this.host = host
  }

  /** @throws TransportError ERR_TRANSPORT_LISTEN where the port cannot be had. */
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
      throw listenError(new URL(`udp://${family === 6 ? `[${host}]` : host}:${port}`), thrown)
    }
    return new UdpSocket(socket, family, host).#serve()
  }

  get port(): number {
    return this.#socket.address().port
  }

  /** Whether its last user is gone. */
  get closed(): boolean {
    return this.#closed
  }

  get listening(): boolean {
    return this.#listening !== undefined
  }

  /** Hands what strangers send to `handlers` until the function it returns is called. */
  listen(handlers: LinkHandlers): () => void {
    this.#users++
    this.#listening = handlers
    return callOnce(() => {
      this.#listening = undefined
      this.#release()
    })
  }

  /** A link to a remote. It is a value: nothing is sent until its user sends. */
  dial(address: string, port: number, handlers: LinkHandlers): Link {
    this.#users++
    const key = `${address} ${port}`
    const link = this.#link(address, port, () => {
      if (this.#dialled.get(key)?.link === link) this.#dialled.delete(key)
      this.#release()
    })
    this.#dialled.set(key, { link, handlers })
    return link
  }

  #serve(): this {
    this.#socket.on('message', (datagram, from) => this.#receive(datagram, from))
    this.#socket.on('error', (error) => {
      const failure = new TransportError(`Cannot use UDP port ${this.port}: ${error.message}`, {
        code: 'ERR_TRANSPORT_FAILED',
        cause: error,
      })
      for (const handlers of this.#everyHandlers()) handlers.failed(failure)
    })
    return this
  }

  #receive(datagram: Uint8Array, from: dgram.RemoteInfo): void {
    const key = `${from.address} ${from.port}`
    const dialled = this.#dialled.get(key)
    if (dialled !== undefined) {
      dialled.handlers.receive(dialled.link, [datagram])
      return
    }
    // A peer that roams sends from an address that nobody dialled.
    const [handlers] = this.#everyHandlers()
    handlers?.receive(this.#passingLink(key, from), [datagram])
  }

  #everyHandlers(): Set<LinkHandlers> {
    const all = new Set<LinkHandlers>()
    if (this.#listening !== undefined) all.add(this.#listening)
    for (const { handlers } of this.#dialled.values()) all.add(handlers)
    return all
  }

  #passingLink(key: string, from: dgram.RemoteInfo): Link {
    const known = this.#passing.get(key)
    if (known !== undefined) return known
    if (this.#passing.size >= MAX_PASSING_LINKS) {
      const [oldest] = this.#passing.keys()
      this.#passing.delete(oldest!)
    }
    const link = this.#link(from.address, from.port, () => this.#passing.delete(key))
    this.#passing.set(key, link)
    return link
  }

  #link(address: string, port: number, onClose: () => void): Link {
    const host = this.family === 6 ? `[${address}]` : address
    const close = callOnce(onClose)
    let open = true
    return {
      remote: `udp://${host}:${port}`,
      source: parseIpAddress(address.replace(/%.*/, '')) ?? new Uint8Array(0), // less the zone of fe80::1%eth0
      maxDatagram: MAX_DATAGRAM,
      stream: false,
      writable: true,
      drops: this.drops,
      send: (datagrams) => {
        if (open) this.#send(datagrams, address, port)
      },
      close: async () => {
        open = false
        close()
      },
    }
  }

  #send(datagrams: readonly Uint8Array[], address: string, port: number): void {
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

  /** Closes a socket that nobody came to use. */
  closeUnused(): void {
    if (this.#users > 0 || this.#closed) return
    this.#closed = true
    this.#socket.close()
  }

  #release(): void {
    this.#users--
    this.closeUnused()
  }
}

function callOnce(action: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    action()
  }
}
