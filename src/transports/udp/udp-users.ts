import type { Link, LinkHandlers } from '../../core/api/transport.js'

/** Who uses a socket that dialling and listening share. It closes when its last user is gone. */
export class UdpUsers {
  readonly #close: () => Promise<void>
  readonly #dialled = new Map<Link, LinkHandlers>()
  #listening: LinkHandlers | undefined
  #strangers: LinkHandlers | undefined
  #closing: Promise<void> | undefined

  constructor(close: () => Promise<void>) {
    this.#close = close
  }

  get closed(): boolean {
    return this.#closing !== undefined
  }

  get listening(): boolean {
    return this.#listening !== undefined
  }

  /**
   * Who is told of what comes by a link that nobody dialled. Where nobody listens that is who dialled: a peer
   * that roams sends from an address that nobody dialled.
   */
  get strangers(): LinkHandlers | undefined {
    return this.#strangers
  }

  /** Everybody who is told something, each once. */
  get all(): Set<LinkHandlers> {
    const all = new Set(this.#dialled.values())
    if (this.#listening !== undefined) all.add(this.#listening)
    return all
  }

  /** The user who dialled a link. */
  dialler(link: Link): LinkHandlers | undefined {
    return this.#dialled.get(link)
  }

  listen(handlers: LinkHandlers): () => Promise<void> {
    this.#listening = handlers
    this.#strangers = handlers
    let listens = true
    return () => {
      if (listens) this.#listening = undefined
      listens = false
      return this.#left()
    }
  }

  dial(link: Link, handlers: LinkHandlers): void {
    this.#dialled.set(link, handlers)
    this.#strangers ??= handlers
  }

  /** Whoever dialled the link closed it. */
  hangUp(link: Link): Promise<void> {
    this.#dialled.delete(link)
    return this.#left()
  }

  async closeUnused(): Promise<void> {
    if (this.#listening === undefined && this.#dialled.size === 0) this.#closing ??= this.#close()
    await this.#closing
  }

  #left(): Promise<void> {
    const [anyone] = this.#dialled.values()
    this.#strangers = this.#listening ?? anyone
    return this.closeUnused()
  }
}
