import type { Logger } from '../../core/api/logger.js'
import { redact } from '../../core/api/redact.js'
import type { LinkHandlers, Listener } from '../../core/api/transport.js'
import { isReplaceable } from '../../transports/shared/replaceable.js'
import type { TransportSet } from '../transport-set.js'

/** What listeners are made of. */
interface ListenersParts {
  readonly transports: TransportSet
  readonly handlers: LinkHandlers
  readonly log: Logger
}

/** A listener, and the endpoint that was asked for. */
interface Opened {
  readonly asked: URL
  readonly listener: Listener
}

/** A change of where a tunnel listens: those that come are open, those that go still are. */
export interface ListenersChange {
  /** Closes those that came, and opens those again that were closed already. @throws TransportError */
  undo(): Promise<void>
  /** Closes those that go, or only some of them; their links are told as closed. */
  settle(which?: (endpoint: URL) => boolean): Promise<void>
}

/** Where a tunnel listens. */
export class Listeners {
  readonly #parts: ListenersParts
  #open: readonly Opened[] = []

  constructor(parts: ListenersParts) {
    this.#parts = parts
  }

  /** With the ports in use. */
  get endpoints(): readonly URL[] {
    return this.#open.map(({ listener }) => listener.endpoint)
  }

  /** @throws TransportError if one cannot be had; those before it stay. */
  async open(endpoints: readonly URL[]): Promise<void> {
    for (const endpoint of endpoints) this.#open = [...this.#open, await this.#listen(endpoint)]
  }

  /**
   * Opens those of these endpoints that are new. One that takes the place of another at the same host and port takes over its
   * socket; if a place is taken otherwise, all that go make room first, after `makesRoom`.
   *
   * @throws TransportError if one cannot be had; then all is as before.
   */
  async change(endpoints: readonly URL[], makesRoom: () => Promise<void>): Promise<ListenersChange> {
    const hrefs = (ones: readonly URL[]) => new Set(ones.map(({ href }) => href))
    const [wanted, there] = [hrefs(endpoints), hrefs(this.#open.map(({ asked }) => asked))]
    let gone = this.#open.filter(({ asked }) => !wanted.has(asked.href))
    const closed: URL[] = []
    const came: Opened[] = []
    const close = async (going: readonly Opened[]) => {
      gone = gone.filter((one) => !going.includes(one))
      closed.push(...going.map(({ asked }) => asked))
      await this.#end(going)
    }
    const undo = async () => {
      await this.#end(came.splice(0))
      await this.open(closed.splice(0))
    }
    const offers = gone.map(({ listener }) => (isReplaceable(listener) ? listener.offer() : () => {}))
    try {
      for (const endpoint of endpoints.filter(({ href }) => !there.has(href))) {
        const opened = await this.#listen(endpoint).catch(async (thrown) => {
          if (!isTaken(thrown) || gone.length === 0) throw thrown
          await makesRoom()
          await close(gone)
          return this.#listen(endpoint)
        })
        came.push(opened)
        this.#open = [...this.#open, opened]
      }
    } catch (thrown) {
      await undo()
      throw thrown
    } finally {
      for (const takeBack of offers) takeBack()
    }
    return {
      undo,
      settle: (which = () => true) => close(gone.filter(({ asked }) => which(asked))),
    }
  }

  /** Resolves once all are closed. */
  async close(): Promise<void> {
    const open = this.#open
    this.#open = []
    await Promise.all(open.map(({ listener }) => listener.close()))
  }

  async #listen(endpoint: URL): Promise<Opened> {
    const { handlers, log, transports } = this.#parts
    const listener = await transports.get(endpoint.protocol).listen(endpoint, handlers)
    log.info('listening', { endpoint: redact(listener.endpoint) })
    return { asked: endpoint, listener }
  }

  /** Closes these while others go on: who is reached by a link of theirs has none from then on. */
  async #end(some: readonly Opened[]): Promise<void> {
    this.#open = this.#open.filter((one) => !some.includes(one))
    const { handlers, log } = this.#parts
    for (const { listener } of some) {
      const links = isReplaceable(listener) ? [...listener.accepted] : []
      for (const link of links) handlers.closed(link, new Error('this end no longer listens there'))
      log.info('listening no more', { endpoint: redact(listener.endpoint) })
    }
    await Promise.all(some.map(({ listener }) => listener.close()))
  }
}

/** Whether somebody listens there, be it a listener that is about to go. */
function isTaken(thrown: unknown): boolean {
  const { cause, code } = thrown as { readonly cause?: { readonly code?: unknown }; readonly code?: unknown }
  return [code, cause?.code].includes('EADDRINUSE')
}
