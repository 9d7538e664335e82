import type { Reason } from '../reasons/reason.js'

/** A carrier of datagrams to one remote: a UDP address, a TCP connection, a WebSocket. */
export interface Link {
  /** The remote as a URL, redacted, for logs and to tell whether two links lead to the same place. */
  readonly remote: string
  /** The remote's address bytes (4 or 16; empty if there is none), for per-source limits and cookies: `sourceBytes`. */
  readonly source: Uint8Array
  /** Bytes. Larger datagrams are dropped and counted by the link. It may become less. */
  readonly maxDatagram: number
  /**
   * Bytes of the largest datagram that the far end may send by it, 1,024 to 65,535, if something on the way bounds that. It may become
   * less. Ciphers that can tell the far end do so when something comes by the link. Absent if it may send what it can.
   */
  readonly maxIncoming?: number | undefined
  /**
   * Whether the carrier proves that the remote receives at its address and delivers in order: true for
   * connections (TCP, WebSocket), false for UDP, whose source addresses can be forged.
   */
  readonly stream: boolean
  /** False while the send queue is over its limit; `drained` tells when that ends. */
  readonly writable: boolean
  /** Datagrams dropped so far, by cause. A UDP link shares its socket's. */
  readonly drops: Readonly<Record<string, number>>
  /** Sends or queues the batch; never blocks. The datagrams are lent. After close it does nothing. */
  send(datagrams: readonly Uint8Array[]): void
  /**
   * Sends datagrams that nobody on the path may fragment, to try the path's MTU: each arrives whole or not
   * at all. False if this host itself cannot send them whole. Absent if the size of datagrams is no matter, as on
   * streams, or if that cannot be asked for. After close it does nothing.
   */
  readonly sendUnfragmented?: ((datagrams: readonly Uint8Array[]) => boolean) | undefined
  /**
   * Bytes of the largest datagram that this host's route to the remote carries whole, as the route is now; undefined if
   * that is not known. Absent as above.
   */
  readonly routeLimit?: (() => number | undefined) | undefined
  /**
   * Whether this host's route to the remote carries less than when the link was opened, so that what the far end sends may
   * be too large for it from now on. Absent if that makes no difference, as over UDP, or is not known.
   */
  readonly hasNarrowed?: (() => boolean) | undefined
  /**
   * Why nothing that came by it proves the peer, as far as the carrier knows: something else came, or what is sent does not arrive.
   * Read if a handshake comes to nothing. Undefined or absent if it knows nothing.
   */
  readonly unproven?: Reason | undefined
  /**
   * Whether batches may go out as one large message that the kernel or the network device segments (GSO). Set to false
   * if something on the way takes such a batch for one packet. True if absent.
   */
  gso?: boolean
  /**
   * The far end says that larger datagrams than of so many bytes do not reach it by this link: `maxDatagram` is no more from
   * now on. Absent if that makes no difference, as over UDP.
   */
  limit?(bytes: number): void
  /**
   * Something authentic came by this link. Transports that bound how many accepted links may prove nothing, and
   * for how long, have it; until it is called they may close the link.
   */
  authenticated?(): void
  /** Idempotent. Resolves once the carrier is gone; `closed` is not called for it. */
  close(): Promise<void>
}

/** What a transport tells its user. None of these may throw for what a remote sent. */
export interface LinkHandlers {
  /** Datagrams came by `link`. They are lent until the call returns, and may be overwritten. */
  receive(link: Link, datagrams: readonly Uint8Array[]): void
  /** `link` is writable again. */
  drained(link: Link): void
  /** `link` ended by itself or by the remote; `error` says why unless it was an orderly close. */
  closed(link: Link, error?: Error): void
  /** A listener, or the socket that links share, failed and carries nothing more. */
  failed(error: Error): void
}

/** Something that accepts links until it is closed. */
export interface Listener {
  /** Where it listens, as a URL with the port in use. */
  readonly endpoint: URL
  /** Closes the listener and the links it accepted. */
  close(): Promise<void>
}

/** How a transport's carriers behave, for choosing among endpoints before there is a link. */
export interface CarrierTraits {
  /** `datagram` if nothing is set up before the first datagram, as over UDP. `stream` if absent. */
  readonly kind?: 'datagram' | 'stream'
  /**
   * Milliseconds of silence after which an idle carrier is probed, before a NAT or a proxy on the way forgets it.
   * 25,000 if absent.
   */
  readonly idleProbe?: number
}

/** What is known of a transport before it is made, and whatever its settings. */
export interface TransportTraits extends CarrierTraits {
  /** Whether it dials through the proxies that are configured. False if absent. */
  readonly proxied?: boolean
  /** The port that an endpoint of a scheme means if it names none. Of other schemes nothing is known. */
  readonly ports?: Readonly<Record<string, number>>
  /**
   * What its endpoints have behind `scheme://`: `host`, a name or an address that is looked up, and a port; `name`, a word of
   * its own without a port, which nobody looks up; `none`, nothing but a path. A host or a path alone if absent.
   */
  readonly authority?: 'host' | 'name' | 'none'
  /**
   * Bytes that a datagram takes on its way to an endpoint beyond its own, the header of IP among them, at the most. The
   * search for the largest datagram of a path begins below that. 48 if absent: IPv6 and UDP.
   */
  overhead?(endpoint: URL): number
  /**
   * Whether the largest datagram of a path is searched for by its links that can send unfragmented ones. True if absent.
   */
  readonly searchesPathMtu?: boolean
  /**
   * Whether the address of an endpoint or a link is that of the far end itself. `none` if it is that of a server between
   * them, or of nobody: no tool is told it then. `address` if absent.
   */
  readonly source?: 'address' | 'none'
  /** Schemes at which it listens with the certificate of [tls], and cannot without. None if absent. */
  readonly certified?: readonly string[]
  /**
   * Where it stands among the transports that `qanat init` offers, the lowest first; its schemes are in their own order.
   * It is not offered if absent, or if its endpoints have no host.
   */
  readonly rank?: number
}

/** The traits of the transport that serves a protocol, such as `udp:`; none of one that is not known. */
export type TraitsOf = (protocol: string) => TransportTraits

/**
 * Says what a dial waits for from now on, which ends the step before. After the dial it does nothing.
 *
 * @param name What it waits for: `name` for a look-up, `proxy` for a proxy's answer, `upgrade` for a server's consent to another
 *   protocol, `connect`, `tls` or `handshake`; or a word of the transport's own, of which 32 characters of printable ASCII are
 *   shown.
 * @param limit Milliseconds until the dial is aborted; if absent, 5 s for `name` and `handshake`, 10 s for anything else.
 * @param late What went wrong if it is, in words that ` in 10 s` may follow, such as `the server did not answer`; perhaps with
 *   a code for it, which status and logs show as well. It is read when it is told.
 */
export type DialStep = (name: string, limit?: number, late?: string | Reason) => void

/** Lets those who wait for a dial bound it and follow its progress. */
export interface DialWait {
  /** Aborted when a step takes too long, or nobody waits any longer. */
  readonly signal: AbortSignal
  /** Tells logs and status what the dial waits for, and bounds that. */
  readonly step: DialStep
  /**
   * Notes facts of the step under way, such as the addresses of a look-up: its debug line, once it is over, has them. Absent if
   * debug lines are not logged; then no facts are needed.
   */
  readonly note?: ((facts: () => Readonly<Record<string, unknown>>) => void) | undefined
}

/** A way to carry datagrams: it dials or listens and yields links. Its own traits count before those of its part. */
export interface Transport extends CarrierTraits {
  /**
   * Opens a link to `endpoint`.
   *
   * @throws TransportError when the remote cannot be reached, or the signal of `wait` is aborted.
   */
  dial(endpoint: URL, handlers: LinkHandlers, wait: DialWait): Promise<Link>
  /**
   * Accepts links at `endpoint`, whose host is a local address.
   *
   * @throws TransportError when the address cannot be listened on.
   */
  listen(endpoint: URL, handlers: LinkHandlers): Promise<Listener>
}
