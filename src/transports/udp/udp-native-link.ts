import type { Train, TrainSender } from '../../core/api/trains.js'
import type { Link } from '../../core/api/transport.js'
import {
  decodeSocketAddress,
  SOCKET_ADDRESS_BYTES,
  type SocketAddress,
  urlHost,
} from '../../native/sockets/socket-address.js'
import { MAX_DATAGRAM } from './udp-port.js'

/** Words of 32 bits of a socket address, by family, and of an IP address. */
export const NAME_WORDS = { 4: SOCKET_ADDRESS_BYTES[4] / 4, 6: SOCKET_ADDRESS_BYTES[6] / 4 } as const
export const LOCAL_WORDS = { 4: 1, 6: 4 } as const

/** What carries a native link's datagrams. */
export interface UdpCarrier {
  readonly drops: Readonly<Record<string, number>>
  send(link: UdpNativeLink, datagrams: readonly Uint8Array[]): void
  sendTrain(link: UdpNativeLink, train: Train): void
  /** False if this host's interface cannot carry the datagrams whole. */
  sendUnfragmented(link: UdpNativeLink, datagrams: readonly Uint8Array[]): boolean
  /** Bytes of the largest datagram that the route of the link carries whole; undefined if that is not known. */
  routeLimit(link: UdpNativeLink): number | undefined
  /** The link's user closed it. Resolves once what it held is gone. */
  linkClosed(link: UdpNativeLink): Promise<void>
}

/** A remote's address, and the local address that it is answered from. A value: it costs its bytes only. */
export class UdpNativeLink implements Link, TrainSender {
  readonly maxDatagram = MAX_DATAGRAM
  readonly stream = false
  readonly writable = true
  gso = true
  /** Whether somebody dialled it. The kernel chooses the local address of such a link, as routes change. */
  readonly dialled: boolean
  /** The remote's socket address in words, as it lies in memory. */
  readonly name: Uint32Array
  /** The local address in words that the remote sends to; undefined if the link was dialled. */
  readonly local: Uint32Array | undefined
  /** The same, unless this host no longer has that address. */
  sendFrom: Uint32Array | undefined
  readonly #carrier: UdpCarrier
  #remote: string | undefined
  #source: Uint8Array | undefined
  #closing: Promise<void> | undefined

  constructor(carrier: UdpCarrier, name: Uint32Array, local: Uint32Array | undefined, dialled: boolean) {
    this.#carrier = carrier
    this.name = name
    this.local = local
    this.sendFrom = local
    this.dialled = dialled
  }

  get remote(): string {
    if (this.#remote === undefined) {
      const { ip, port } = this.#address()
      this.#remote = `udp://${urlHost(ip)}:${port}`
    }
    return this.#remote
  }

  get source(): Uint8Array {
    this.#source ??= this.#address().ip
    return this.#source
  }

  /** The number of the interface that a link-local remote is at; 0 for none. */
  get scope(): number {
    return this.#address().scope ?? 0
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#carrier.drops
  }

  send(datagrams: readonly Uint8Array[]): void {
    if (this.#closing === undefined) this.#carrier.send(this, datagrams)
  }

  sendTrain(train: Train): void {
    if (this.#closing === undefined) this.#carrier.sendTrain(this, train)
  }

  sendUnfragmented(datagrams: readonly Uint8Array[]): boolean {
    return this.#closing !== undefined || this.#carrier.sendUnfragmented(this, datagrams)
  }

  routeLimit(): number | undefined {
    return this.#closing === undefined ? this.#carrier.routeLimit(this) : undefined
  }

  close(): Promise<void> {
    this.#closing ??= this.#carrier.linkClosed(this)
    return this.#closing
  }

  #address(): SocketAddress {
    return decodeSocketAddress(new Uint8Array(this.name.buffer))!
  }
}

/** Copies a name and a local address out of the arena. */
export function wordsAt(view: DataView, at: number, words: number): Uint32Array {
  const copy = new Uint32Array(words)
  for (let word = 0; word < words; word++) copy[word] = view.getUint32(at + 4 * word, true)
  return copy
}
