import fs from 'node:fs'
import net from 'node:net'
import { asError } from '../../core/api/errors.js'
import type { Link, LinkHandlers } from '../../core/api/transport.js'
import type { Timer } from '../../core/time/clock.js'
import { inTime } from '../../core/time/in-time.js'
import { isShortage } from '../../native/process/descriptors.js'
import { descriptorOf } from '../../native/sockets/detach-socket.js'
import { afterProxyHeader } from '../front-ends/after-proxy-header.js'
import { plainAddress } from '../front-ends/plain-address.js'
import { endpointPort } from '../net/endpoint-port.js'
import type { Networks } from '../net/networks.js'
import { remoteHost } from '../net/remote-host.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'
import { boundReceiveBuffer } from '../streams/receive-buffer.js'
import type { StreamParts } from '../streams/stream-parts.js'
import type { UnauthenticatedLink } from '../streams/unauthenticated-links.js'
import { BACKLOG, type Listen, listen, takeOver } from './listen.js'

/** Milliseconds for which no connection is accepted where no descriptor is left. */
export const PAUSE = 50
/** Descriptors that are left to the rest of the process: to dial, to look up names, to answer its owner. */
export const LEFT_FREE = 8
/** Milliseconds that links have to say goodbye once their listener closes. */
export const CLOSE_LIMIT = 2_000

/** A link that can be ended without a word. */
export interface AcceptedLink extends Link {
  cut(): void
}

/** Where a connection comes from. */
export interface Client {
  /** Undefined if it has none, as by a Unix socket. */
  readonly address: string | undefined
  /** Of a Unix socket a number that tells it from others. */
  readonly port: number
}

/** A connection that was accepted, from its first byte to its last. */
export interface Accepted {
  readonly socket: net.Socket
  /** `HOST:PORT` of the remote; of a Unix socket a name that no other one has. */
  readonly name: string
  /** Whether it came by a Unix socket: then only who may open that could bring it. */
  readonly isLocal: boolean
  /** Who brought it: the remote, or the client that a front end names by the PROXY protocol. */
  client: Client
  unauthenticated: UnauthenticatedLink
  /** Ends it without a word. A link that takes the connection over puts its own way here. */
  cut: () => void
}

/** What a door is made of. */
export interface DoorParts {
  readonly handlers: Pick<LinkHandlers, 'failed'>
  readonly shared: StreamParts
  /** Bytes of the address that counts against the cap of each; undefined while that is not known, or if none does. */
  readonly sourceOf: (address: string | undefined) => Uint8Array | undefined
  /** Front ends that begin each connection by the PROXY protocol; others are turned away. Absent if nobody does. */
  readonly proxyProtocol?: Networks | undefined
  /** Whether programs before this one bring what comes from an address, after they read it; nobody does if absent. */
  readonly isFrontEnd?: ((address: string | undefined) => boolean) | undefined
  /** How it listens; at the endpoint's host and port if absent. */
  readonly listen?: Listen | undefined
  /** Is handed each connection. What it throws costs that one and no other. */
  readonly enter: (accepted: Accepted) => void
}

/**
 * Accepts the connections of a listener. Whatever the code that deals with one throws, that connection is destroyed, and
 * the others notice nothing. Where descriptors run short, a newcomer takes the place of one that proved nothing; if
 * there is none, newcomers wait for a moment with the kernel.
 */
export class Door {
  readonly #parts: DoorParts
  readonly #server: net.Server
  /** Those that Node has: the descriptor of one that a link took over is that link's. */
  readonly #sockets = new Set<net.Socket>()
  /** Another descriptor of the listening socket, which keeps the kernel's queue during a pause. */
  #spare: number | undefined
  #pausing: Timer | undefined
  /** Connections by a Unix socket so far. */
  #local = 0
  #isClosed = false
  /** Where it listens, for one that takes its place; undefined if none can. */
  #place: string | undefined

  private constructor(parts: DoorParts) {
    this.#parts = parts
    this.#server = net.createServer(SOCKET_OPTIONS, (socket) => this.#take(socket))
  }

  /**
   * Listens at an endpoint, and returns it with the port in use, too.
   *
   * @throws TransportError ERR_TRANSPORT_LISTEN, ERR_HOST_UNKNOWN or ERR_NAME_SERVER.
   */
  static async open(endpoint: URL, parts: DoorParts): Promise<{ door: Door; bound: URL }> {
    const door = new Door(parts)
    const { offers } = parts.shared
    const offered = parts.listen === undefined ? (offers.get(placeOf(endpoint))?.() ?? -1) : -1
    const bound =
      offered < 0
        ? await (parts.listen ?? listen)(door.#server, endpoint, parts.shared.egress)
        : await takeOver(door.#server, endpoint, offered)
    if (parts.listen === undefined) door.#place = placeOf(bound)
    door.#server.on('error', (error) => door.#failed(error))
    door.#keepSpare()
    return { door, bound }
  }

  /** Does work for a connection, that of an event, too. If it throws or rejects, `cut` ends the connection. */
  guard(cut: () => void, work: () => unknown): void {
    const fail = (thrown: unknown) => {
      this.#tell(thrown)
      try {
        cut()
      } catch (bug) {
        this.#tell(bug)
      }
    }
    try {
      const working = work()
      if (working instanceof Promise) working.catch(fail)
    } catch (thrown) {
      fail(thrown)
    }
  }

  /** See `Replaceable`. */
  offer(): () => void {
    const { native, offers } = this.#parts.shared
    const place = this.#place
    if (native === undefined || place === undefined) return () => {}
    const duplicate = () => native.native.sockets.duplicate(this.#spare ?? descriptorOf(this.#server))
    offers.set(place, duplicate)
    return () => {
      if (offers.get(place) === duplicate) offers.delete(place)
    }
  }

  /** Accepts nothing more, and closes these links. Resolves once all is gone: after a bounded time what is left is cut. */
  async close(links: ReadonlySet<AcceptedLink>): Promise<void> {
    const { clock } = this.#parts.shared
    this.#isClosed = true
    this.#parts.shared.relief.stop()
    this.#pausing?.cancel()
    this.#server.close()
    this.#dropSpare()
    await inTime(clock, CLOSE_LIMIT, Promise.allSettled([...links].map((link) => link.close())))
    for (const link of links)
      this.guard(
        () => {},
        () => link.cut(),
      )
    const gone = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    for (const socket of this.#sockets) socket.destroy()
    await inTime(clock, CLOSE_LIMIT, Promise.all(gone))
  }

  #take(socket: net.Socket): void {
    socket.on('error', () => {}) // closing follows
    this.#parts.shared.relief.came()
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    if (this.#isClosed || this.#pausing !== undefined || this.#isCrowded()) {
      socket.destroy()
      return
    }
    const { enter, proxyProtocol, shared } = this.#parts
    const accepted = this.#admit(socket)
    if (accepted === undefined) {
      socket.destroy()
      return
    }
    const end = () => {
      accepted.unauthenticated.settle()
      accepted.cut()
      socket.destroy()
    }
    this.guard(end, () => {
      shared.tune(socket)
      if (shared.native !== undefined && !this.#isOfFrontEnd(socket))
        boundReceiveBuffer(shared.native.native, descriptorOf(socket))
      if (proxyProtocol === undefined) enter(accepted)
      else this.#askFrontEnd(accepted, end)
    })
  }

  /** A body that a front end passes on comes at once: what is beyond a bound is thrown away, and comes again 200 ms later. */
  #isOfFrontEnd({ remoteAddress }: net.Socket): boolean {
    const { isFrontEnd, proxyProtocol } = this.#parts
    return proxyProtocol !== undefined || isFrontEnd?.(remoteAddress) === true
  }

  /** Undefined if it is turned away. */
  #admit(socket: net.Socket): Accepted | undefined {
    const { proxyProtocol, shared, sourceOf } = this.#parts
    const { remoteAddress: address } = socket
    const isLocal = address === undefined && typeof this.#server.address() === 'string'
    const port = isLocal ? ++this.#local : (socket.remotePort ?? 0)
    const name = isLocal ? `unix:${port}` : remoteHost(address, port)
    if (proxyProtocol !== undefined && !isLocal && !proxyProtocol.has(plainAddress(address))) {
      this.#turnAway(name, 'it comes from no front end that may speak the PROXY protocol')
      return undefined
    }
    const source = proxyProtocol === undefined ? sourceOf(address) : undefined
    const accepted: Accepted = {
      ...{ socket, name, isLocal, client: { address, port } },
      unauthenticated: shared.unauthenticatedLinks.admit(source, () => accepted.cut()),
      cut: () => socket.destroy(),
    }
    return accepted
  }

  /** Has the front end say who the client is, and goes on then. */
  #askFrontEnd(accepted: Accepted, end: () => void): void {
    const { enter, shared, sourceOf } = this.#parts
    const { name, socket, unauthenticated } = accepted
    afterProxyHeader(socket, shared.clock, {
      read: (client) =>
        this.guard(end, () => {
          if (client !== undefined) accepted.client = client
          const source = sourceOf(accepted.client.address)
          if (source !== undefined) unauthenticated.from(source)
          if (!socket.destroyed) enter(accepted)
        }),
      failed: (why) => {
        this.#turnAway(name, why)
        end()
      },
    })
  }

  #turnAway(remote: string, why: string): void {
    const { clock, warnings } = this.#parts.shared
    warnings.give('turned a connection away', { remote, why }, clock.now())
  }

  /** Whether there is no descriptor for one more connection, and nobody whose place it could take. */
  #isCrowded(): boolean {
    const { clock, descriptors, unauthenticatedLinks } = this.#parts.shared
    if (descriptors.free(clock.now()) >= LEFT_FREE) return false
    this.#warn()
    if (unauthenticatedLinks.makeRoom()) return false
    this.#pause()
    return true
  }

  /** The listening socket itself has a failure. */
  #failed(error: Error): void {
    if (isShortage(error)) this.#tell(error)
    else this.#parts.handlers.failed(error)
  }

  #tell(thrown: unknown): void {
    const { clock, warnings } = this.#parts.shared
    if (isShortage(thrown)) {
      this.#warn()
      this.#pause()
      return
    }
    const why = asError(thrown).message
    warnings.give('an error of this program ended a connection that was accepted', { why }, clock.now())
  }

  #warn(): void {
    const { clock, warnings } = this.#parts.shared
    warnings.give(
      'descriptors run short: new connections take the place of those that proved nothing, or wait',
      {},
      clock.now(),
    )
  }

  #pause(): void {
    if (this.#isClosed || this.#pausing !== undefined) return
    this.#pausing = this.#parts.shared.clock.schedule(PAUSE, () => this.#goOn())
    if (this.#spare !== undefined) this.#server.close()
  }

  #goOn(): void {
    this.#pausing = undefined
    const fd = this.#spare
    if (fd === undefined) return
    this.#spare = undefined
    this.#server.listen({ fd, backlog: BACKLOG })
    this.#keepSpare()
  }

  /** Without it whoever comes during a pause is hung up on. Node removes a Unix socket that it closes, so none is paused. */
  #keepSpare(): void {
    if (typeof this.#server.address() === 'string') return
    const { native } = this.#parts.shared
    const fd = native?.native.sockets.duplicate(descriptorOf(this.#server)) ?? -1
    this.#spare = fd < 0 ? undefined : fd
  }

  #dropSpare(): void {
    if (this.#spare !== undefined) fs.closeSync(this.#spare)
    this.#spare = undefined
  }
}

function placeOf(endpoint: URL): string {
  return `${endpoint.hostname}:${endpointPort(endpoint)}`
}
