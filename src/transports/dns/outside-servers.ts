import { type NameServers, readNameServers } from './name-servers.js'

/** What is known of those whom this host asks for names. */
export interface OutsideParts {
  /**
   * Name servers that the host asks because of the tunnel, at any time; they are not asked, unless it asked them
   * before.
   */
  readonly excluded: readonly string[]
  /** Whom this host asks. */
  readonly nameServers?: (() => NameServers) | undefined
}

/** Whom to ask for names outside the tunnel, as the host changes; made before the tunnel changes that. */
export class OutsideServers {
  readonly #parts: OutsideParts
  /** Whom this host asked before the tunnel changed that. */
  readonly #original: NameServers
  /** Whom this host asked when last somebody but the tunnel was named. */
  #last: NameServers

  constructor(parts: OutsideParts) {
    this.#parts = parts
    this.#original = this.#named()
    this.#last = this.#original
  }

  now(): NameServers {
    const { servers, search } = this.#named()
    const outside = servers.filter(
      (server) => !this.#parts.excluded.includes(server) || this.#original.servers.includes(server),
    )
    if (outside.length > 0) this.#last = { servers: outside, search }
    return this.#last
  }

  #named(): NameServers {
    return (this.#parts.nameServers ?? readNameServers)()
  }
}
