import type { Link, LinkHandlers } from '../../core/api/transport.js'
import type { Resolved } from '../net/resolve.js'

/** Opens a link to one address. */
type DialAddress = (address: Resolved, handlers: LinkHandlers) => Link

/**
 * A link to a host with several addresses, of which some may lead nowhere. Each batch goes to the next address,
 * until something authentic came: from then on all goes to the address that it came from. So addresses are tried
 * in turn, as Happy Eyeballs does (RFC 8305), while there is only one handshake under way at a time.
 */
export class UdpTurnsLink implements Link {
  readonly remote: string
  readonly stream = false
  readonly writable = true
  readonly #links: readonly Link[]
  /** Sends to the address whose turn it is. */
  readonly sendUnfragmented: Link['sendUnfragmented']
  /** The address whose turn it is. */
  #turn = 0
  /** The address that something came from last. */
  #lastFrom = 0
  #settled = false

  /** @param addresses At least one, in the order in which they are tried. */
  constructor(remote: string, addresses: readonly Resolved[], dial: DialAddress, handlers: LinkHandlers) {
    this.remote = remote
    this.#links = addresses.map((address, index) =>
      dial(address, {
        receive: (_link, datagrams) => {
          this.#lastFrom = index
          handlers.receive(this, datagrams)
        },
        drained: () => handlers.drained(this),
        closed: (_link, error) => handlers.closed(this, error),
        failed: (error) => handlers.failed(error),
      }),
    )
    if (this.#links.every((link) => link.sendUnfragmented !== undefined)) {
      this.sendUnfragmented = (datagrams) => this.#links[this.#turn]!.sendUnfragmented!(datagrams)
    }
  }

  get source(): Uint8Array {
    return this.#links[this.#lastFrom]!.source
  }

  get maxDatagram(): number {
    return this.#links[this.#turn]!.maxDatagram
  }

  get drops(): Readonly<Record<string, number>> {
    return this.#links[this.#turn]!.drops
  }

  get gso(): boolean {
    return this.#links[this.#turn]!.gso ?? true
  }

  set gso(gso: boolean) {
    for (const link of this.#links) link.gso = gso
  }

  send(datagrams: readonly Uint8Array[]): void {
    const link = this.#links[this.#turn]!
    if (!this.#settled) this.#turn = (this.#turn + 1) % this.#links.length
    link.send(datagrams)
  }

  authenticated(): void {
    if (this.#settled) return
    this.#settled = true
    this.#turn = this.#lastFrom
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((link) => link.close()))
  }
}
