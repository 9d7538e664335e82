import fs from 'node:fs'
import type net from 'node:net'
import type { Egress } from '../net/egress.js'
import { endpointPort } from '../net/endpoint-port.js'
import { listenError } from '../net/listen-error.js'
import { resolveHost } from '../net/resolve.js'

/** Connections that may wait to be accepted; the kernel's net.core.somaxconn caps it. */
export const BACKLOG = 1024
/** The address that means all addresses of both families, where the host has IPv6 at all. */
const ANY_IPV6 = '::'

/** Starts listening, and returns the endpoint with the port in use. */
export type Listen = (server: net.Server, endpoint: URL, egress: Egress) => Promise<URL>

/**
 * Starts listening at an endpoint's host and port, and returns the endpoint with the port in use. Its host is a
 * local name or address.
 *
 * @throws TransportError ERR_TRANSPORT_LISTEN, ERR_HOST_UNKNOWN or ERR_NAME_SERVER.
 */
export async function listen(server: net.Server, endpoint: URL, { serve }: Egress): Promise<URL> {
  const [first] = await resolveHost(endpoint)
  const port = endpointPort(endpoint)
  try {
    await listening(server, { host: first!.address, port })
  } catch (thrown) {
    const noIpv6 = first!.address === ANY_IPV6 && (thrown as NodeJS.ErrnoException).code === 'EAFNOSUPPORT'
    if (!noIpv6) throw listenError(endpoint, thrown)
    await listening(server, { host: '0.0.0.0', port }).catch((error) => {
      throw listenError(endpoint, error)
    })
  }
  serve(server)
  const bound = new URL(endpoint)
  bound.port = String((server.address() as net.AddressInfo).port)
  return bound
}

/**
 * Listens with a socket that listens already, by its descriptor, which is the server's from then on. Returns the endpoint.
 *
 * @throws TransportError ERR_TRANSPORT_LISTEN
 */
export async function takeOver(server: net.Server, endpoint: URL, fd: number): Promise<URL> {
  await listening(server, { fd }).catch((thrown) => {
    fs.closeSync(fd)
    throw listenError(endpoint, thrown)
  })
  return endpoint
}

/** Resolves once a server listens there; rejects with the system's error. */
export function listening(
  server: net.Server,
  where: net.ListenOptions | { readonly fd: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...where, backlog: BACKLOG }, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}
