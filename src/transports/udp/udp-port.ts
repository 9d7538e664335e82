import type { Link, LinkHandlers } from '../../core/api/transport.js'
import type { Family } from '../../native/base/sockets.js'

export type { Family }

/** Bytes. The largest payload of a UDP datagram over IPv4; the path fragments what exceeds its MTU. */
export const MAX_DATAGRAM = 65_507

/** One unconnected UDP socket of one family and port, shared by dialling and listening. */
export interface UdpPort {
  readonly family: Family
  /** The local address that it is bound to. */
  readonly host: string
  readonly port: number
  /** Whether its last user is gone. */
  readonly closed: boolean
  /** Whether somebody hears what strangers send. */
  readonly listening: boolean
  /** Hands what strangers send to `handlers` until the function it returns is called. */
  listen(handlers: LinkHandlers): () => Promise<void>
  /** A link to a remote. It is a value: nothing is sent until its user sends. */
  dial(address: string, port: number, handlers: LinkHandlers): Link
  /** Closes a socket that nobody came to use. */
  closeUnused(): Promise<void>
}

/**
 * A way to open UDP sockets. `host` is an address in text; port 0 lets the kernel pick one.
 *
 * @throws TransportError ERR_TRANSPORT_LISTEN where the port cannot be had.
 */
export type BindUdp = (family: Family, host: string, port: number) => Promise<UdpPort>

/** A local address as an endpoint. */
export function udpEndpoint(family: Family, host: string, port: number): URL {
  return new URL(`udp://${family === 6 ? `[${host}]` : host}:${port}`)
}
