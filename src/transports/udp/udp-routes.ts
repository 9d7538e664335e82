import { DEVICE_MTU } from '../../core/api/config.js'
import type { Family } from '../../native/base/sockets.js'
import { RouteMtus } from '../net/route-mtus.js'
import type { UdpNativeLink } from './udp-native-link.js'

/** Bytes of the headers of IP and UDP. */
const HEADERS = { 4: 28, 6: 48 } as const

/** Looks up how large datagrams the routes of a socket carry. */
export class UdpRoutes {
  readonly #family: Family
  readonly #mark: number
  readonly #mtus = new RouteMtus()

  /** @param mark What the socket marks its datagrams with; 0 for nothing. */
  constructor(family: Family, mark: number) {
    this.#family = family
    this.#mark = mark
  }

  /** Bytes of the largest datagram that the route to a remote carries whole; undefined if that is not known. */
  limit(link: UdpNativeLink): number | undefined {
    const mtu = this.#mtus.of({
      destination: link.source,
      source: link.sendFrom && new Uint8Array(link.sendFrom.buffer),
      mark: this.#mark,
      link: link.scope,
    })
    return mtu === undefined ? undefined : Math.max(DEVICE_MTU.min, mtu) - HEADERS[this.#family]
  }

  close(): void {
    this.#mtus.close()
  }
}
