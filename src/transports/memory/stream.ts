import { TransportError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers, Listener, Transport } from '../../core/api/transport.js'
import { copyOf, type MemoryHub } from './hub.js'

/** Bytes. As much as a 16-bit length can say. */
const MAX_DATAGRAM = 65_535
/** Bytes under way in one direction from which on a link is not writable. */
const MAX_QUEUED = 256 * 1024

/** What a hub of stream ends knows of each listener: who gets the far half of a new link. */
export interface StreamPort {
  accept(link: StreamLink): LinkHandlers
}

/** An end that carries datagrams in process as TCP does: connected, in order, without loss. */
export class MemoryStreamTransport implements Transport {
  readonly #hub: MemoryHub<StreamPort>

  constructor(hub: MemoryHub<StreamPort>) {
    this.#hub = hub
  }

  dial(endpoint: URL, handlers: LinkHandlers, { signal }: DialWait): Promise<Link> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string) =>
        reject(new TransportError(`Cannot dial ${redact(endpoint)}: ${why}`, { code: 'ERR_TRANSPORT_DIAL' }))
      const abort = () => refuse('aborted')
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort, { once: true })
      this.#hub.after(() => {
        if (signal.aborted) return
        signal.removeEventListener('abort', abort)
        const listener = this.#hub.find(endpoint.hostname)
        if (!listener) return refuse('connection refused')
        resolve(this.#connect(endpoint, handlers, listener))
      })
    })
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    const accepted = new Set<StreamLink>()
    const port: StreamPort = {
      accept(link) {
        accepted.add(link)
        return {
          receive: (from, datagrams) => handlers.receive(from, datagrams),
          drained: (from) => handlers.drained(from),
          closed(from, error) {
            accepted.delete(link)
            handlers.closed(from, error)
          },
          failed: (error) => handlers.failed(error),
        }
      },
    }
    const name = endpoint.hostname
    if (this.#hub.bind(port, name) === undefined) {
      throw new TransportError(`Cannot listen on ${redact(endpoint)}: address already in use`, {
        code: 'ERR_TRANSPORT_LISTEN',
      })
    }
    return {
      endpoint,
      close: async () => {
        if (this.#hub.find(name) === port) this.#hub.release(name)
        for (const link of accepted) await link.close()
        accepted.clear()
      },
    }
  }

  #connect(endpoint: URL, handlers: LinkHandlers, listener: StreamPort): Link {
    const near = new StreamLink(this.#hub, `memory://${endpoint.hostname}`)
    const far = new StreamLink(this.#hub, `memory://${this.#hub.newName()}`)
    near.join(far, handlers)
    far.join(near, listener.accept(far))
    return near
  }
}

class StreamLink implements Link {
  readonly remote: string
  readonly source = new Uint8Array()
  readonly maxDatagram = MAX_DATAGRAM
  readonly stream = true
  readonly drops = { oversized: 0, overflow: 0 }
  readonly #hub: MemoryHub<StreamPort>
  /** What is to happen at the far end, in order: a delay that shrinks lets nothing overtake. */
  readonly #underWay: (() => void)[] = []
  #queued = 0
  #far: StreamLink | undefined
  #handlers: LinkHandlers | undefined

  constructor(hub: MemoryHub<StreamPort>, remote: string) {
    this.#hub = hub
    this.remote = remote
  }

  join(far: StreamLink, handlers: LinkHandlers): void {
    this.#far = far
    this.#handlers = handlers
  }

  get writable(): boolean {
    return this.#queued < MAX_QUEUED
  }

  send(datagrams: readonly Uint8Array[]): void {
    const far = this.#far
    if (!far) return
    const batch: Uint8Array[] = []
    for (const datagram of datagrams) {
      if (datagram.length > MAX_DATAGRAM) this.drops.oversized++
      else if (!this.writable) this.drops.overflow++
      else {
        this.#queued += datagram.length
        batch.push(copyOf(datagram))
      }
    }
    this.#carry(() => this.#arrive(batch, far))
  }

  async close(): Promise<void> {
    const far = this.#far
    if (!far) return
    this.#far = undefined
    this.#carry(() => far.#end())
  }

  #carry(event: () => void): void {
    this.#underWay.push(event)
    this.#hub.after(() => this.#underWay.shift()!())
  }

  #arrive(batch: readonly Uint8Array[], far: StreamLink): void {
    const stalled = !this.writable
    for (const datagram of batch) this.#queued -= datagram.length
    if (far.#far) far.#handlers?.receive(far, batch)
    if (stalled && this.writable && this.#far) this.#handlers?.drained(this)
  }

  #end(): void {
    if (!this.#far) return
    this.#far = undefined
    this.#handlers?.closed(this)
  }
}
