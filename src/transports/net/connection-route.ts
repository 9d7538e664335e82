import type { Socket } from 'node:net'
import type { Native } from '../../native/base/native.js'
import { SO_MARK, SOL_SOCKET } from '../../native/base/sockets.js'
import type { RouteQuestion } from '../../native/netlink/route-mtu.js'
import { descriptorOf } from '../../native/sockets/detach-socket.js'
import { getOption } from '../../native/sockets/socket-calls.js'
import { socketNames } from '../../native/sockets/socket-names.js'
import { RouteMtus } from './route-mtus.js'
import { withoutMapping } from './source-address.js'

/** Bytes of an `int`. */
const INT_BYTES = 4

/**
 * The route of a connection over TCP. Both ends say at its start how large segments they take, and never again; so one
 * whose route carries less later is sent segments that are lost, in silence if nobody tells the sender.
 */
export class ConnectionRoute {
  readonly #native: Native
  readonly #fd: number
  /** Bytes of a packet that it carried when it was looked at first; undefined if that is not known. */
  #first: number | undefined

  /** @param fd The connection's descriptor. */
  constructor(native: Native, fd: number) {
    this.#native = native
    this.#fd = fd
  }

  /** The one of a connection that Node has; undefined if it has no descriptor that the kernel could be asked about. */
  static of(native: Native, socket: Socket): ConnectionRoute | undefined {
    try {
      return new ConnectionRoute(native, descriptorOf(socket))
    } catch {
      return undefined
    }
  }

  /** Takes the route as it is now for the one that the connection was made for. */
  begin(): void {
    this.#first = this.#mtu()
  }

  /** Whether it carries less than at the beginning. */
  get hasNarrowed(): boolean {
    if (this.#first === undefined) return false
    const mtu = this.#mtu()
    return mtu !== undefined && mtu < this.#first
  }

  #mtu(): number | undefined {
    const mtus = new RouteMtus()
    try {
      return mtus.of(questionOf(this.#native, this.#fd))
    } catch {
      return undefined // the connection has ended
    } finally {
      mtus.close()
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
