import type { Link, LinkHandlers, Listener, Transport } from '../core/transport.js'
import type { TransportSettings } from '../core/transport-settings.js'
import { resolveHost } from './resolve.js'
import { type Family, UdpSocket } from './udp-socket.js'

const ANY_ADDRESS = { 4: '0.0.0.0', 6: '::' } as const

/**
 * Datagrams over UDP. There is one unconnected socket per family and port, which dialling and listening share:
 * both ends may use one well-known port, and a mapping in a NAT survives. The endpoint `udp://[::]:PORT`
 * listens on both families, any other on the one of its address.
 */
export class UdpTransport implements Transport {
  readonly #localPort: number
  #sockets: UdpSocket[] = []

  constructor({ localPort }: TransportSettings) {
    this.#localPort = localPort
  }

  async dial(endpoint: URL, handlers: LinkHandlers, signal: AbortSignal): Promise<Link> {
    signal.throwIfAborted()
    const [first] = await resolveHost(endpoint)
    const { address, family } = first!
    const socket =
      this.#open().find((known) => known.family === family) ??
      (await this.#bind(family, ANY_ADDRESS[family], this.#localPort))
    if (signal.aborted) socket.closeUnused()
    signal.throwIfAborted()
    return socket.dial(address, Number(endpoint.port), handlers)
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    const sockets = await this.#listeningSockets(endpoint)
    const stops = sockets.map((socket) => socket.listen(handlers))
    const bound = new URL(endpoint)
    bound.port = String(sockets[0]!.port)
    return {
      endpoint: bound,
      async close() {
        for (const stop of stops) stop()
      },
    }
  }

  async #listeningSockets(endpoint: URL): Promise<UdpSocket[]> {
    const port = Number(endpoint.port)
    if (endpoint.hostname !== `[${ANY_ADDRESS[6]}]`) {
      const [first] = await resolveHost(endpoint)
      return [await this.#listeningSocket(first!.family, first!.address, port)]
    }
    const ipv4 = await this.#listeningSocket(4, ANY_ADDRESS[4], port)
    try {
      return [ipv4, await this.#listeningSocket(6, ANY_ADDRESS[6], ipv4.port)]
    } catch (thrown) {
      const { cause } = thrown as { cause?: NodeJS.ErrnoException }
      if (cause?.code !== 'EADDRINUSE') return [ipv4] // a host without IPv6 still listens on IPv4
      ipv4.closeUnused()
      throw thrown
    }
  }

  /** A socket that dialling bound already is shared. */
  async #listeningSocket(family: Family, host: string, port: number): Promise<UdpSocket> {
    const fits = (known: UdpSocket) =>
      known.family === family && known.host === host && known.port === port && !known.listening
    return this.#open().find(fits) ?? (await this.#bind(family, host, port))
  }

  async #bind(family: Family, host: string, port: number): Promise<UdpSocket> {
    const socket = await UdpSocket.bind(family, host, port)
    this.#sockets.push(socket)
    return socket
  }

  #open(): readonly UdpSocket[] {
    this.#sockets = this.#sockets.filter((socket) => !socket.closed)
    return this.#sockets
  }
}
