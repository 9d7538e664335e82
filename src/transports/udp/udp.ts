import { redact } from '../../core/api/redact.js'
import type { DialWait, Link, LinkHandlers, Listener } from '../../core/api/transport.js'
import { STEP_LIMITS } from '../../core/settings/step-limits.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import { lookUpFacts } from '../dialing/dial-facts.js'
import { dialError } from '../net/dial-error.js'
import type { Resolve } from '../net/egress.js'
import { endpointPort } from '../net/endpoint-port.js'
import { notLookedUp, type Resolved, resolveHost } from '../net/resolve.js'
import { unlessAborted } from '../net/within.js'
import { exchanged, type Renewable, type Renewal } from '../shared/renewable.js'
import { AddressTurns } from './address-turns.js'
import type { BindUdp, Family, UdpPort } from './udp-port.js'
import { UdpTurnsLink } from './udp-turns-link.js'

const ANY_ADDRESS = { 4: '0.0.0.0', 6: '::' } as const

/**
 * Datagrams over UDP. There is one unconnected socket per family and port, which dialling and listening share:
 * both ends may use one well-known port, and a mapping in a NAT survives. The endpoint `udp://[::]:PORT`
 * listens on both families, any other on the one of its address.
 */
export class UdpTransport implements Renewable {
  #localPort: number
  readonly #bindSocket: BindUdp
  readonly #resolve: Resolve
  /** By endpoint, for as long as anybody may dial that. */
  readonly #turns = new WeakMap<URL, AddressTurns>()
  #sockets: UdpPort[] = []

  constructor({ localPort }: TransportSettings, bind: BindUdp, resolve: Resolve = resolveHost) {
    this.#localPort = localPort
    this.#resolve = resolve
    this.#bindSocket = bind
  }

  async renewal({ localPort }: TransportSettings): Promise<Renewal> {
    return exchanged(this.#localPort, localPort, (port) => {
      this.#localPort = port
    })
  }

  async dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link> {
    const { signal } = wait
    if (signal.aborted) throw dialError(endpoint, signal.reason)
    const turns = this.#turnsOf(endpoint)
    const addresses = turns.order(await this.#lookUp(endpoint, wait))
    const sockets = await this.#dialSockets(addresses.map(({ family }) => family))
    if (signal.aborted) {
      await Promise.all([...sockets.values()].map((socket) => socket.users.closeUnused()))
      throw dialError(endpoint, signal.reason)
    }
    const port = endpointPort(endpoint)
    const reached = addresses.filter(({ family }) => sockets.has(family))
    const dial = ({ address, family }: Resolved, to: LinkHandlers) =>
      sockets.get(family)!.dial(address, port, to)
    const [only, ...others] = reached
    return others.length === 0
      ? dial(only!, handlers)
      : new UdpTurnsLink(redact(endpoint), reached, turns, dial, handlers)
  }

  async listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener> {
    const sockets = await this.#listeningSockets(endpoint)
    const stops = sockets.map((socket) => socket.users.listen(handlers))
    const bound = new URL(endpoint)
    bound.port = String(sockets[0]!.port)
    return {
      endpoint: bound,
      async close() {
        await Promise.all(stops.map((stop) => stop()))
      },
    }
  }

  async #lookUp(endpoint: URL, { note, signal, step }: DialWait): Promise<Resolved[]> {
    step('name', STEP_LIMITS.name, notLookedUp(endpoint))
    try {
      const addresses = await unlessAborted(signal, () => this.#resolve(endpoint))
      note?.(() => lookUpFacts(endpoint, addresses))
      return addresses
    } catch (thrown) {
      throw dialError(endpoint, thrown)
    }
  }

  #turnsOf(endpoint: URL): AddressTurns {
    const known = this.#turns.get(endpoint)
    if (known !== undefined) return known
    const turns = new AddressTurns()
    this.#turns.set(endpoint, turns)
    return turns
  }

  /**
   * A socket for each of the families. If there are both, it does without one that cannot be had: a host with
   * IPv6 addresses is dialled from one that has none.
   */
  async #dialSockets(families: readonly Family[]): Promise<Map<Family, UdpPort>> {
    const sockets = new Map<Family, UdpPort>()
    let failure: unknown
    for (const family of new Set(families)) {
      try {
        const known = this.#open().find((socket) => socket.family === family)
        sockets.set(family, known ?? (await this.#bind(family, ANY_ADDRESS[family], this.#localPort)))
      } catch (thrown) {
        failure ??= thrown
      }
    }
    if (sockets.size === 0) throw failure
    return sockets
  }

  async #listeningSockets(endpoint: URL): Promise<UdpPort[]> {
    const port = endpointPort(endpoint)
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
      await ipv4.users.closeUnused()
      throw thrown
    }
  }

  /** A socket that dialling bound already is shared. */
  async #listeningSocket(family: Family, host: string, port: number): Promise<UdpPort> {
    const fits = (known: UdpPort) =>
      known.family === family && known.host === host && known.port === port && !known.users.listening
    return this.#open().find(fits) ?? (await this.#bind(family, host, port))
  }

  async #bind(family: Family, host: string, port: number): Promise<UdpPort> {
    const socket = await this.#bindSocket(family, host, port)
    this.#sockets.push(socket)
    return socket
  }

  #open(): readonly UdpPort[] {
    this.#sockets = this.#sockets.filter((socket) => !socket.users.closed)
    return this.#sockets
  }
}
