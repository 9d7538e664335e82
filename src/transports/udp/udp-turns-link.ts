import { type Train, type TrainSender, trainReceiver, trainSender } from '../../core/api/trains.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import type { Resolved } from '../net/resolve.js'
import type { AddressTurns } from './address-turns.js'

/** Opens a link to one address. */
type DialAddress = (address: Resolved, handlers: LinkHandlers) => Link

/**
 * A link to a host with several addresses, of which some may lead nowhere. What is sent goes to one address after the
 * other, until something authentic came: from then on all goes to the address that it came from. So addresses are tried
 * in turn, as Happy Eyeballs does (RFC 8305), while there is only one handshake under way at a time.
 */
export class UdpTurnsLink implements Link {
  readonly remote: string
  readonly stream = false
  readonly writable = true
  readonly #addresses: readonly Resolved[]
  readonly #links: readonly Link[]
  readonly #turns: AddressTurns
  readonly sendTrain?: TrainSender['sendTrain']
  readonly sendUnfragmented: Link['sendUnfragmented']
  readonly routeLimit: Link['routeLimit']
  /** The address that something came from last. */
  #lastFrom = 0
  /** The address that all goes to. */
  #settled: number | undefined

  /**
   * @param addresses At least one, in the order in which they are tried.
   * @param turns Those of the host, which outlive the link.
   */
  constructor(
    remote: string,
    addresses: readonly Resolved[],
    turns: AddressTurns,
    dial: DialAddress,
    handlers: LinkHandlers,
  ) {
    const receiver = trainReceiver(handlers)
    this.remote = remote
    this.#addresses = addresses
    this.#turns = turns
    this.#links = addresses.map((address, index) =>
      dial(address, {
        receive: (_link, datagrams) => {
          this.#lastFrom = index
          handlers.receive(this, datagrams)
        },
        ...(receiver && {
          receiveTrains: (_link: Link, trains: readonly Train[]) => {
            this.#lastFrom = index
            receiver.receiveTrains(this, trains)
          },
        }),
        drained: () => handlers.drained(this),
        closed: (_link, error) => handlers.closed(this, error),
        failed: (error) => handlers.failed(error),
      }),
    )
    if (this.#links.every((link) => link.sendUnfragmented !== undefined)) {
      this.sendUnfragmented = (datagrams) => this.#current.sendUnfragmented!(datagrams)
    }
    const senders = this.#links.map(trainSender).filter((sender) => sender !== undefined)
    if (senders.length === this.#links.length) {
      this.sendTrain = (train) => senders[this.#take(train.size)]!.sendTrain(train)
    }
    if (this.#links.some((link) => link.routeLimit !== undefined)) this.routeLimit = () => this.#routeLimit()
  }

  get source(): Uint8Array {
    return this.#links[this.#lastFrom]!.source
  }

  get maxDatagram(): number {
    return this.#current.maxDatagram
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#current.drops
  }

  get gso(): boolean {
    return this.#current.gso ?? true
  }

  set gso(gso: boolean) {
    for (const link of this.#links) link.gso = gso
  }

  /** A batch without a datagram, which a cipher makes of packets that wait for a session, takes no turn. */
  send(datagrams: readonly Uint8Array[]): void {
    const [first] = datagrams
    if (first === undefined) return
    this.#links[this.#take(first.length)]!.send(datagrams)
  }

  authenticated(): void {
    if (this.#settled !== undefined) return
    this.#settled = this.#lastFrom
    this.#turns.carried(this.#addresses[this.#settled]!)
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()))
  }

  /** The address that a batch goes to whose first datagram has so many bytes. */
  #take(length: number): number {
    return this.#settled ?? this.#turns.take(length, this.#links.length)
  }

  /** The least of all addresses, until one is settled on. */
  #routeLimit(): number | undefined {
    const links = this.#settled === undefined ? this.#links : [this.#links[this.#settled]!]
    const limits = links.map((link) => link.routeLimit?.()).filter((limit) => limit !== undefined)
    return limits.length === 0 ? undefined : Math.min(...limits)
  }

  /** The link to the address whose turn it is. */
  get #current(): Link {
    return this.#links[this.#settled ?? this.#turns.next(this.#links.length)]!
  }
}
