import type { DialStep } from '../api/transport.js'
import type { PlatformType } from './platform-types.js'
import type { Child, SpawnOptions } from './spawn.js'

/** A host by name or address, without brackets, and a port. */
export interface Place {
  readonly host: string
  readonly port: number
}

/** A Unix socket of this host. */
export interface LocalPlace {
  readonly path: string
}

/** An address of a host. */
export interface HostAddress {
  readonly address: string
  readonly family: 4 | 6
}

/** Bounds what a plugin waits for; the `wait` of a dial is one. */
export interface NetworkWait {
  /** Cancels the wait, as the end of the tunnel does. */
  readonly signal?: AbortSignal | undefined
  /** Called with each step: `name`, `connect` and `tls`. */
  readonly step?: DialStep | undefined
}

/** A port of this host's loopback whose connections go on to one place. */
export interface Relay {
  readonly host: string
  readonly port: number
  /** Idempotent. Ends its connections, too. */
  close(): Promise<void>
}

/** What HTTP libraries take to make connections by: `http.Agent` and `https.Agent` of Node. */
export interface Agents {
  readonly http: PlatformType<'HttpAgent'>
  readonly https: PlatformType<'HttpsAgent'>
}

/**
 * How a plugin reaches others outside the tunnel, as the built-in transports do: in a full tunnel and behind a kill switch,
 * too, which stop what a plugin opens by itself. What is still open when the tunnel is over is closed then.
 *
 * What cannot be reached is a TransportError, ERR_TRANSPORT_DIAL unless it is said otherwise.
 */
export interface Network {
  /**
   * The addresses of a host, the preferred ones first; of an address itself.
   *
   * @throws TransportError ERR_HOST_UNKNOWN if the name is not known, ERR_NAME_SERVER if nobody answers for it, within 2 s.
   */
  resolve(host: string): Promise<readonly HostAddress[]>
  /**
   * A TCP connection to the first address that answers, within 10 s once the name is known, or one to a Unix socket:
   * `net.Socket` of Node, which nobody reads yet.
   */
  connect(remote: Place | LocalPlace, wait?: NetworkWait): Promise<PlatformType<'Socket'>>
  /**
   * The same with TLS, `tls.TLSSocket` of Node, once the far end's certificate is accepted. `options` are those of
   * `tls.connect`; the name that is asked for and expected is the host's if absent.
   */
  tls(
    remote: Place,
    options?: PlatformType<'TlsOptions'>,
    wait?: NetworkWait,
  ): Promise<PlatformType<'TlsSocket'>>
  /**
   * Listens for TCP connections: `net.Server` of Node. `accept` is given each as `net.Socket`; if it throws, that
   * connection ends, and no other.
   *
   * @throws TransportError ERR_TRANSPORT_LISTEN
   */
  listen(local: Place, accept: (socket: PlatformType<'Socket'>) => unknown): Promise<PlatformType<'Server'>>
  /**
   * A bound UDP socket: `dgram.Socket` of Node, which looks names up as `resolve` does. All addresses of IPv4 and a free
   * port if absent.
   *
   * @throws TransportError ERR_TRANSPORT_LISTEN
   */
  bindUdp(local?: Partial<Place>): Promise<PlatformType<'UdpSocket'>>
  /** For libraries that speak HTTP: `new WebSocket(url, { agent: network.agent.https })`. */
  readonly agent: Agents
  /**
   * For libraries that open connections themselves: a port of the loopback, whose connections, 256 at a time, go on to
   * the host. Everybody on this host can connect to it.
   *
   * @throws TransportError ERR_TRANSPORT_LISTEN
   */
  relay(host: string, port: number): Promise<Relay>
  /**
   * Starts a program of this host, by name or by an absolute path, whose packets pass as the tunnel's own, and whose questions
   * about names are answered outside the tunnel. It gains no rights by what it executes (no_new_privs), and if Qanat was
   * started as root it runs as a user of its own. Its input is open, and empty, while Qanat runs; it ends with the tunnel.
   *
   * @throws HostError ERR_PROGRAM if it cannot be started so.
   */
  spawn(program: string, options?: SpawnOptions): Promise<Child>
}
