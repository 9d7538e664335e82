import type {
  CarrierTraits,
  DialWait,
  Link,
  LinkHandlers,
  Listener,
  Transport,
} from '../../core/api/transport.js'
import type { Faults } from './faults.js'
import { GuardedLink } from './guarded-link.js'
import { guardedStep } from './guarded-step.js'
import { outOfScope } from './plugin-scope.js'
import { isDatagrams, misshapen } from './shapes.js'

/** A plugin's transport: what it throws ends a link at the most, and all of it is bounded in time. */
export class GuardedTransport implements Transport {
  readonly kind?: NonNullable<CarrierTraits['kind']>
  readonly idleProbe?: number
  readonly #inner: Transport
  readonly #faults: Faults
  readonly #links = new WeakMap<Link, GuardedLink>()

  constructor(inner: Transport, faults: Faults) {
    this.#inner = inner
    this.#faults = faults
    if (inner.kind !== undefined) this.kind = inner.kind
    if (inner.idleProbe !== undefined) this.idleProbe = inner.idleProbe
  }

  async dial(endpoint: URL, handlers: LinkHandlers, { signal, step }: DialWait): Promise<Link> {
    const doing = 'dial by'
    let dialled: GuardedLink | undefined
    let fail!: (error: Error) => void
    const failing = new Promise<never>((_resolve, reject) => {
      fail = reject
    })
    const threw = (operation: string) => (thrown: unknown) => {
      if (dialled === undefined) fail(this.#faults.threw(operation, thrown, doing))
      else dialled.fail(operation, thrown)
      return undefined
    }
    const wait = { signal, step: guardedStep(step, endpoint, this.#faults) }
    const dial = () => this.#inner.dial(endpoint, this.#guard(handlers), wait)
    const scope = { threw: threw('dial'), socketThrew: threw('receive') }
    // The attempt that it belongs to bounds it in time, and has it aborted.
    const dialling = Promise.resolve(this.#faults.call('dial', dial, { doing, limit: Infinity, scope }))
    const link = await Promise.race([dialling, failing]).catch((thrown) => {
      dialling.then((late) => this.#faults.end('close', () => late.close())).catch(() => {})
      throw thrown
    })
    this.#faults.checkMade('dial', 'link', link)
    dialled = this.#linkOf(link, handlers)
    dialled.isDialled = true
    return dialled
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    const close = (listener: Listener) => this.#faults.end('close', () => listener.close())
    const listener = await this.#faults.call(
      'listen',
      () => this.#inner.listen(endpoint, this.#guard(handlers)),
      {
        doing: 'listen by',
        late: (listener) => void close(listener),
        scope: this.#faults.bearing('listen'),
      },
    )
    this.#faults.checkMade('listen', 'listener', listener)
    let closing: Promise<void> | undefined
    return {
      endpoint: listener.endpoint,
      close: () => {
        closing ??= close(listener)
        return closing
      },
    }
  }

  /** Handlers for the plugin, which may tell them anything. */
  #guard(handlers: LinkHandlers): LinkHandlers {
    return {
      receive: (inner, datagrams) => {
        const link = this.#told('receive', inner, handlers)
        if (link === undefined || link.isOver) return
        if (isDatagrams(datagrams)) outOfScope(() => handlers.receive(link, datagrams))
        else link.failBy(this.#faults.wrong('receive', 'told of something that is no list of datagrams'))
      },
      drained: (inner) => {
        const link = this.#told('drained', inner, handlers)
        if (link?.isOver === false) outOfScope(() => handlers.drained(link))
      },
      closed: (inner, error) => {
        const link = this.#told('closed', inner, handlers)
        if (link === undefined || link.isOver) return
        link.ended()
        outOfScope(() => handlers.closed(link, error))
      },
      failed: (error) => {
        const named = this.#faults.said('failed', error)
        outOfScope(() => handlers.failed(named))
      },
    }
  }

  #told(operation: string, inner: Link, handlers: LinkHandlers): GuardedLink | undefined {
    try {
      const known = this.#links.get(inner)
      if (known !== undefined) return known
      const wrong = misshapen('link', inner)
      if (wrong === undefined) return this.#linkOf(inner, handlers)
      this.#faults.warn(this.#faults.wrong(operation, `told of ${wrong}`))
    } catch (thrown) {
      this.#faults.warn(this.#faults.threw(operation, thrown))
    }
    return undefined
  }

  #linkOf(inner: Link, handlers: LinkHandlers): GuardedLink {
    const known = this.#links.get(inner)
    if (known !== undefined) return known
    const link = new GuardedLink(inner, this.#faults, handlers)
    this.#links.set(inner, link)
    return link
  }
}
