import type { Link, LinkHandlers } from '../../core/api/transport.js'
import type { Family } from '../../native/base/sockets.js'
import type { UdpUsers } from './udp-users.js'

export type { Family }

/** Bytes. The largest payload of a UDP datagram over IPv4; the path fragments what exceeds its MTU. */
export const MAX_DATAGRAM = 65_507
/** Datagrams of one sender that are delivered at once; what comes in one message of the kernel stays together. */
export const MAX_BATCH = 64

/** One unconnected UDP socket of one family and port, shared by dialling and listening. */
export interface UdpPort {
  readonly family: Family
  /** The local address that it is bound to. */
  readonly host: string
  readonly port: number
  readonly users: UdpUsers
  /** A link to a remote. It is a value: nothing is sent until its user sends. */
  dial(address: string, port: number, handlers: LinkHandlers): Link
}

/**
 * A way to open UDP sockets. `host` is an address in text; port 0 lets the kernel pick one.
 *
 * @throws TransportError ERR_TRANSPORT_LISTEN if the port cannot be had.
 */
export type BindUdp = (family: Family, host: string, port: number) => Promise<UdpPort>

/** A local address as an endpoint, less its zone. */
export function udpEndpoint(family: Family, host: string, port: number): URL {
  return new URL(`udp://${family === 6 ? `[${host.replace(/%.*/, '')}]` : host}:${port}`)
}
