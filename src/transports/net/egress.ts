import type net from 'node:net'
import type { Resolved } from './resolve.js'

/** How a transport's look-ups and connections leave this host. */
export interface Egress {
  readonly resolve: Resolve
  readonly connectTo: ConnectTo
  /** Has what `server` accepts answer by the same way. Called once it listens. */
  readonly serve: (server: net.Server) => void
}

/**
 * The addresses of an endpoint's host, the preferred ones first. A literal needs no look-up; brackets around IPv6
 * are taken off.
 *
 * @throws TransportError ERR_HOST_UNKNOWN if the name is not known, ERR_NAME_SERVER if nobody answers for it.
 */
export type Resolve = (endpoint: URL) => Promise<Resolved[]>

/** Begins to connect; returns the function that calls it off. Nothing is told before it returns. */
export type ConnectTo = (address: Resolved, port: number, outcome: ConnectOutcome) => () => void

/** What becomes of a connection. The first call counts. */
export interface ConnectOutcome {
  /** Nobody reads the socket yet. That it fails while nobody listens to it does not end the process. */
  connected(socket: net.Socket): void
  failed(error: unknown): void
}
