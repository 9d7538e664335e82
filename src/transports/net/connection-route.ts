import type { Socket } from 'node:net'
import { withoutMapping } from '../../core/ip/source-address.js'
import type { Native } from '../../native/base/native.js'
import { SO_MARK, SOL_SOCKET } from '../../native/base/sockets.js'
import type { RouteQuestion } from '../../native/netlink/route-mtu.js'
import { descriptorOf } from '../../native/sockets/detach-socket.js'
import { getOption } from '../../native/sockets/socket-calls.js'
import { socketNames } from '../../native/sockets/socket-names.js'
import type { RouteMtus } from './route-mtus.js'

/** Bytes of an `int`. */
const INT_BYTES = 4

/** What the routes of all connections share. */
export interface RouteParts {
  readonly native: Native
  readonly routeMtus: Pick<RouteMtus, 'of' | 'join' | 'leave'>
}

/**
 * The route of a connection over TCP. Both ends say at its start how large segments they take, and never again; so one
 * whose route carries less later is sent segments that are lost, in silence if nobody tells the sender.
 */
export class ConnectionRoute {
  readonly #native: Native
  readonly #fd: number
  readonly #mtus: RouteParts['routeMtus']
  /** Between `begin` and `end`. */
  #asks = false
  /** Bytes of a packet that it carried when it was looked at first; undefined while that is not known. */
  #first: number | undefined

  /** @param fd The connection's descriptor. */
  constructor({ native, routeMtus }: RouteParts, fd: number) {
    this.#native = native
    this.#mtus = routeMtus
    this.#fd = fd
  }

  /** The one of a connection that Node has; undefined if it has no descriptor that the kernel could be asked about. */
  static of(parts: RouteParts, socket: Socket): ConnectionRoute | undefined {
    try {
      return new ConnectionRoute(parts, descriptorOf(socket))
    } catch {
      return undefined
    }
  }

  /** Takes the route as it is now for the one that the connection was made for. */
  begin(): void {
    if (!this.#asks) this.#mtus.join()
    this.#asks = true
    this.#first = this.#mtu()
  }

  /** Idempotent. Nobody is asked any more. */
  end(): void {
    if (this.#asks) this.#mtus.leave()
    this.#asks = false
  }

  /** Whether it carries less than at the beginning, or than when it was known first. */
  get hasNarrowed(): boolean {
    if (!this.#asks) return false
    const mtu = this.#mtu()
    this.#first ??= mtu
    return mtu !== undefined && mtu < this.#first!
  }

  #mtu(): number | undefined {
    try {
      return this.#mtus.of(questionOf(this.#native, this.#fd))
    } catch {
      return undefined // the connection has ended
    }
  }
}

function questionOf(native: Native, fd: number): RouteQuestion {
  const { local, remote } = socketNames(native, fd)
  const mark = getOption(native, fd, SOL_SOCKET, SO_MARK, INT_BYTES)
  return {
    destination: withoutMapping(remote.ip),
    source: withoutMapping(local.ip),
    mark: typeof mark === 'number' ? 0 : mark.readUInt32LE(0),
    link: remote.scope ?? 0,
  }
}
