import { TransportError } from '../../core/api/errors.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'

/** Who uses a socket that dialling and listening share. It closes when its last user is gone. */
export class UdpUsers {
  readonly #close: () => Promise<void>
  readonly #dialled = new Map<Link, LinkHandlers>()
  #listening: LinkHandlers | undefined
  #unknownSources: LinkHandlers | undefined
  #closing: Promise<void> | undefined

  constructor(close: () => Promise<void>) {
    this.#close = close
  }

  /** Whether the last one is gone. */
  get closed(): boolean {
    return this.#closing !== undefined
  }

  /** Whether a user takes what unknown sources send. */
  get listening(): boolean {
    return this.#listening !== undefined
  }

  /**
   * Who is told of what comes by a link that nobody dialled. Where nobody listens that is who dialled: a peer
   * that roams sends from an address that nobody dialled.
   */
  get unknownSources(): LinkHandlers | undefined {
    return this.#unknownSources
  }

  /** The user who dialled a link. */
  dialler(link: Link): LinkHandlers | undefined {
    return this.#dialled.get(link)
  }

  /** Delivers what unknown sources send to `handlers` until the function it returns is called. */
  listen(handlers: LinkHandlers): () => Promise<void> {
    this.#listening = handlers
    this.#unknownSources = handlers
    let listens = true
    return () => {
      if (listens) this.#listening = undefined
      listens = false
      return this.#left()
    }
  }

  /** Delivers what comes by `link` to the user that dialled it. */
  dial(link: Link, handlers: LinkHandlers): void {
    this.#dialled.set(link, handlers)
    this.#unknownSources ??= handlers
  }

  /** The dialer of the link closed it. */
  hangUp(link: Link): Promise<void> {
    this.#dialled.delete(link)
    return this.#left()
  }

  /** The socket at this port carries nothing any more: everybody is told, each once. */
  failed(port: number, cause: Error): void {
    const failure = new TransportError(`Cannot use UDP port ${port}: ${cause.message}`, {
      code: 'ERR_TRANSPORT_FAILED',
      cause,
    })
    const all = new Set(this.#dialled.values())
    if (this.#listening !== undefined) all.add(this.#listening)
    for (const handlers of all) handlers.failed(failure)
  }

  /** Closes a socket that nobody came to use. */
  async closeUnused(): Promise<void> {
    if (this.#listening === undefined && this.#dialled.size === 0) this.#closing ??= this.#close()
    await this.#closing
  }

  #left(): Promise<void> {
    const [anyone] = this.#dialled.values()
    this.#unknownSources = this.#listening ?? anyone
    return this.closeUnused()
  }
}
