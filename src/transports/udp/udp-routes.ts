import { DEVICE_MTU } from '../../core/api/config.js'
import type { Family } from '../../native/base/sockets.js'
import { RouteNetlink } from '../../native/netlink/route-netlink.js'
import type { UdpNativeLink } from './udp-native-link.js'

/** Bytes of the headers of IP and UDP. */
const HEADERS = { 4: 28, 6: 48 } as const

/** Looks up how large datagrams the routes of a socket carry. Where the kernel does not say, nothing is known. */
export class UdpRoutes {
  readonly #family: Family
  readonly #mark: number
  /** Opened for the first question; null if there is none. */
  #netlink: RouteNetlink | null | undefined

  /** @param mark What the socket marks its datagrams with; 0 for nothing. */
  constructor(family: Family, mark: number) {
    this.#family = family
    this.#mark = mark
  }

  /** Bytes of the largest datagram that the route to a remote carries whole; undefined if that is not known. */
  limit(link: UdpNativeLink): number | undefined {
    this.#netlink ??= open()
    try {
      const mtu = this.#netlink?.routeMtu({
        destination: link.source,
        source: link.sendFrom && new Uint8Array(link.sendFrom.buffer),
        mark: this.#mark,
        link: link.scope,
      })
      return mtu === undefined ? undefined : Math.max(DEVICE_MTU.min, mtu) - HEADERS[this.#family]
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
