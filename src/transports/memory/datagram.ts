import { TransportError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers, Listener, Transport } from '../../core/api/transport.js'
import type { MemoryHub } from './hub.js'

/** Bytes. As much as a 16-bit length can say. */
const MAX_DATAGRAM = 65_535

/** What a hub of datagram ends knows of each. */
export interface DatagramPort {
  receive(from: string, datagrams: readonly Uint8Array[]): void
}

/**
 * An end that carries datagrams in process as UDP does: dialling reaches nobody until a datagram is sent,
 * and what it dials and what it listens on share one name.
 */
export class MemoryDatagramTransport implements Transport, DatagramPort {
  readonly #hub: MemoryHub<DatagramPort>
  readonly #links = new Map<string, DatagramLink>()
  #name: string | undefined
  #listening: LinkHandlers | undefined

  constructor(hub: MemoryHub<DatagramPort>) {
    this.#hub = hub
  }

  async dial(endpoint: URL, handlers: LinkHandlers, { signal }: DialWait): Promise<Link> {
    if (signal.aborted) {
      throw new TransportError(`Cannot dial ${redact(endpoint)}: aborted`, { code: 'ERR_TRANSPORT_DIAL' })
    }
    this.#name ??= this.#hub.bind(this)
    return this.#open(endpoint.hostname, handlers, true)
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    const name = endpoint.hostname
    if (this.#hub.bind(this, name) === undefined) {
      throw new TransportError(`Cannot listen on ${redact(endpoint)}: address already in use`, {
        code: 'ERR_TRANSPORT_LISTEN',
      })
    }
    if (this.#name !== undefined) this.#hub.release(this.#name)
    this.#name = name
    this.#listening = handlers
    return { endpoint, close: async () => this.#unlisten(name) }
  }

  receive(from: string, datagrams: readonly Uint8Array[]): void {
    const known = this.#links.get(from)
    if (known) known.handlers.receive(known, datagrams)
    else if (this.#listening) {
      const link = this.#open(from, this.#listening, false)
      link.handlers.receive(link, datagrams)
    }
  }

  #open(remote: string, handlers: LinkHandlers, dialled: boolean): DatagramLink {
    const link = new DatagramLink(`memory://${remote}`, handlers, dialled, {
      transmit: (datagrams) => this.#transmit(remote, datagrams),
      forget: () => {
        if (this.#links.get(remote) === link) this.#links.delete(remote)
        this.#releaseIfIdle()
      },
    })
    this.#links.set(remote, link)
    return link
  }

  #transmit(to: string, datagrams: readonly Uint8Array[]): void {
    const from = this.#name
    if (from !== undefined)
      this.#hub.carry(datagrams, (arrived) => this.#hub.find(to)?.receive(from, arrived))
  }

  #unlisten(name: string): void {
    if (this.#listening === undefined || this.#name !== name) return
    this.#listening = undefined
    for (const link of [...this.#links.values()]) if (!link.dialled) void link.close()
    this.#releaseIfIdle()
  }

  #releaseIfIdle(): void {
    if (this.#name === undefined || this.#listening !== undefined || this.#links.size > 0) return
    this.#hub.release(this.#name)
    this.#name = undefined
  }
}

interface LinkOwner {
  transmit(datagrams: readonly Uint8Array[]): void
  forget(): void
}

class DatagramLink implements Link {
  readonly remote: string
  readonly source = new Uint8Array()
  readonly maxDatagram = MAX_DATAGRAM
  readonly stream = false
  readonly writable = true
  readonly drops = { oversized: 0 }
  readonly handlers: LinkHandlers
  readonly dialled: boolean
  readonly #owner: LinkOwner
  #closed = false

  constructor(remote: string, handlers: LinkHandlers, dialled: boolean, owner: LinkOwner) {
    this.remote = remote
    this.handlers = handlers
    this.dialled = dialled
    this.#owner = owner
  }

  send(datagrams: readonly Uint8Array[]): void {
    if (this.#closed) return
    const fitting = datagrams.filter((datagram) => datagram.length <= MAX_DATAGRAM)
    this.drops.oversized += datagrams.length - fitting.length
    this.#owner.transmit(fitting)
  }

  sendUnfragmented(datagrams: readonly Uint8Array[]): boolean {
    this.send(datagrams)
    return true
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#owner.forget()
  }
}
