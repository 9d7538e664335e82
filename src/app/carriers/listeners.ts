import type { Logger } from '../../core/api/logger.js'
import { redact } from '../../core/api/redact.js'
import type { LinkHandlers, Listener } from '../../core/api/transport.js'
import type { TransportSet } from '../transport-set.js'

/** What listeners are made of. */
interface ListenersParts {
  readonly transports: TransportSet
  readonly handlers: LinkHandlers
  readonly log: Logger
}

/** Where a tunnel listens. */
export class Listeners {
  readonly #parts: ListenersParts
  readonly #open = new Set<Listener>()

  constructor(parts: ListenersParts) {
    this.#parts = parts
  }

  /** With the ports in use. */
  get endpoints(): readonly URL[] {
    return [...this.#open].map(({ endpoint }) => endpoint)
  }

  /** @throws TransportError if one cannot be had; those before it stay. */
  async open(endpoints: readonly URL[]): Promise<void> {
    const { handlers, log, transports } = this.#parts
    for (const endpoint of endpoints) {
      const listener = await transports.get(endpoint.protocol).listen(endpoint, handlers)
      this.#open.add(listener)
      log.info('listening', { endpoint: redact(listener.endpoint) })
    }
  }

  /** Resolves once all are closed. */
  async close(): Promise<void> {
    const listeners = [...this.#open]
    this.#open.clear()
    await Promise.all(listeners.map((listener) => listener.close()))
  }
}
