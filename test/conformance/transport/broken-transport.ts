import type { Link, LinkHandlers, Listener, Transport } from '../../../src/core/api/transport.js'
import { changed } from '../kit/changed.js'

/** What is done otherwise than a sound transport does it. */
export interface Break {
  /** Members of each link in place of its own; `far` is one that was accepted. */
  link?(link: Link, end: End): Partial<Link>
  /** What is told of each link in place of what a sound transport tells. */
  told?(handlers: LinkHandlers, end: End): Partial<LinkHandlers>
  dial?(inner: Transport, ...args: Parameters<Transport['dial']>): Promise<Link>
  listen?(inner: Transport, ...args: Parameters<Transport['listen']>): Promise<Listener>
}

/** Which end a link is at. */
export interface End {
  readonly side: 'near' | 'far'
  /** What the user of the transport is told by. */
  readonly handlers: LinkHandlers
  /** The transport that works, to do more with than it was asked for. */
  readonly inner: Transport
  readonly endpoint: URL
}

/** A transport that works but for what is broken of it. */
export function brokenTransport(inner: Transport, broken: Break): Transport {
  const shown = new WeakMap<Link, Link>()
  const linkOf = (link: Link, end: End) => {
    const known = shown.get(link)
    if (known !== undefined) return known
    const made = changed(link, broken.link?.(link, end) ?? {})
    shown.set(link, made)
    return made
  }
  const handlersFor = (end: End): LinkHandlers => {
    const { handlers } = end
    const told = { ...plain(handlers), ...broken.told?.(handlers, end) }
    return {
      receive: (link, datagrams) => told.receive(linkOf(link, end), datagrams),
      drained: (link) => told.drained(linkOf(link, end)),
      closed: (link, error) => told.closed(linkOf(link, end), error),
      failed: (error) => told.failed(error),
    }
  }
  return {
    async dial(endpoint, handlers, wait) {
      const end: End = { side: 'near', handlers, inner, endpoint }
      const link = await (broken.dial === undefined
        ? inner.dial(endpoint, handlersFor(end), wait)
        : broken.dial(inner, endpoint, handlersFor(end), wait))
      return linkOf(link, end)
    },
    listen(endpoint, handlers) {
      const given = handlersFor({ side: 'far', handlers, inner, endpoint })
      return broken.listen === undefined
        ? inner.listen(endpoint, given)
        : broken.listen(inner, endpoint, given)
    },
  }
}

/** Functions of their own, whatever the handlers are an instance of. */
function plain(handlers: LinkHandlers): LinkHandlers {
  return {
    receive: (link, datagrams) => handlers.receive(link, datagrams),
    drained: (link) => handlers.drained(link),
    closed: (link, error) => handlers.closed(link, error),
    failed: (error) => handlers.failed(error),
  }
}
