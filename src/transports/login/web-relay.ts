import { once } from 'node:events'
import net from 'node:net'
import { LOGIN_PORTS } from '../../core/settings/login.js'
import { DNS_PORT } from '../dns/ask-over-tcp.js'
import { plainAddress } from '../front-ends/plain-address.js'
import type { ConnectTo } from '../net/egress.js'
import type { Inside } from './inside.js'
import { isOwnAddress } from './own-addresses.js'

/** Connections of a port at once; further ones are closed. A browser opens some dozens. */
const MAX_CONNECTIONS = 256

/** What a relay of web pages is made of. */
export interface WebRelayParts {
  /** Connects past the tunnel. */
  readonly connectTo: ConnectTo
  /** The name servers, which alone are reached at the port of DNS. */
  readonly nameServers: readonly string[]
  readonly inside: Inside
  /** Addresses within the tunnel, at any time: what is sent from there would not leave past it. */
  readonly inner: () => readonly string[]
  /** Whether an address belongs to this host. Default: as the host has it. */
  readonly isOwn?: (address: string) => boolean
  /** Has a server take what is for a port. Default: at that port of all addresses. */
  readonly listen?: (server: net.Server, port: number) => void
}

/**
 * Carries TCP connections from a network namespace in which all addresses are local to the servers of those addresses: to ports of
 * web pages and of name servers, and never to this host.
 */
export class WebRelay {
  readonly #parts: WebRelayParts
  readonly #servers: readonly net.Server[]
  readonly #open = new Set<() => void>()

  private constructor(parts: WebRelayParts) {
    this.#parts = parts
    // Without an address the socket is made at once, and so in the namespace.
    const { inside, listen = (server, port) => server.listen(port) } = parts
    this.#servers = inside(() =>
      [...LOGIN_PORTS, DNS_PORT].map((port) => {
        const server = net.createServer({ pauseOnConnect: true }, (socket) => this.#carry(socket, port))
        server.maxConnections = MAX_CONNECTIONS
        listen(server, port)
        return server
      }),
    )
  }

  /** Resolves once connections are taken. */
  static async open(parts: WebRelayParts): Promise<WebRelay> {
    const relay = new WebRelay(parts)
    await Promise.all(relay.#servers.map((server) => once(server, 'listening')))
    return relay
  }

  /** Cuts all connections. */
  close(): void {
    for (const server of this.#servers) server.close()
    for (const cut of this.#open) cut()
  }

  #carry(near: net.Socket, port: number): void {
    const address = plainAddress(near.localAddress)
    near.on('error', () => {}) // its end says so, too
    if (!this.#passes(address, port)) return void near.destroy()
    let far: net.Socket | undefined
    const cut = () => {
      this.#open.delete(cut)
      callOff()
      near.destroy()
      far?.destroy()
    }
    const connected = (socket: net.Socket) => {
      far = socket
      if (near.destroyed || !this.#isOutside(socket)) return cut()
      socket.on('close', () => near.destroySoon()) // the browser may not have all of it yet
      near.pipe(socket).pipe(near)
    }
    const family = net.isIPv6(address) ? 6 : 4
    const callOff = this.#parts.connectTo({ address, family }, port, { connected, failed: cut })
    this.#open.add(cut)
    near.on('close', cut)
  }

  #passes(address: string, port: number): boolean {
    const { isOwn = isOwnAddress, nameServers } = this.#parts
    return net.isIP(address) !== 0 && !isOwn(address) && (port !== DNS_PORT || nameServers.includes(address))
  }

  /** Whether a connection leaves this host, and not by the tunnel, whatever its routes are. */
  #isOutside({ localAddress = '', remoteAddress }: net.Socket): boolean {
    return localAddress !== remoteAddress && !this.#parts.inner().includes(localAddress)
  }
}
