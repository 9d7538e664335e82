import type { RouteQuestion } from '../../native/netlink/route-mtu.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'

/** Looks up how large packets this host's routes carry. Where the kernel does not say, nothing is known. */
export class RouteMtus {
  /** Opened for the first question; null if there is none. */
  #netlink: RouteNetlink | null | undefined

  /** Bytes of the largest packet that the route of a question carries; undefined if that is not known. */
  of(question: RouteQuestion): number | undefined {
    this.#netlink ??= open()
    try {
      return this.#netlink?.routeMtu(question)
    } catch {
      return undefined // there is no route now
    }
  }

  close(): void {
    this.#netlink?.close()
    this.#netlink = null
  }
}

function open(): RouteNetlink | null {
  try {
    return new RouteNetlink()
  } catch {
    return null
  }
}
