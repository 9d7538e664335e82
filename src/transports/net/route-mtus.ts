import type { RouteQuestion } from '../../native/netlink/route-mtu.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'
import { about } from '../../native/process/namespace-scope.js'

/** Looks up how large packets this host's routes carry. Where the kernel does not say, nothing is known. */
export class RouteMtus {
  /** Opened for the first question, or for a later one if that fails. */
  #netlink: RouteNetlink | undefined
  #users = 0

  /** Bytes of the largest packet that the route of a question carries; undefined if that is not known. */
  of(question: RouteQuestion): number | undefined {
    this.#netlink ??= open()
    try {
      return this.#netlink?.routeMtu(question)
    } catch {
      return undefined // there is no route now
    }
  }

  /** One more may ask from now on. */
  join(): void {
    this.#users++
  }

  /** One of those that joined asks no more: it is closed with the last of them. */
  leave(): void {
    if (--this.#users === 0) this.close()
  }

  /** Idempotent. It may be asked again. */
  close(): void {
    this.#netlink?.close()
    this.#netlink = undefined
  }
}

/** What carries a tunnel stays in the namespace of the process, whatever is at hand. */
function open(): RouteNetlink | undefined {
  try {
    return about(undefined, () => new RouteNetlink())
  } catch {
    return undefined
  }
}
