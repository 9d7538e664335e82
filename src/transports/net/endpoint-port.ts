import { ANY_PORT, DEFAULT_PORT, HTTP_PORT, HTTPS_PORT } from '../../core/settings/ports.js'
import { schemeOf } from '../../core/settings/scheme.js'

/** What an endpoint without a port means, by its scheme: a trait of the transport that serves it. */
export const DEFAULT_PORTS = {
  udp: DEFAULT_PORT,
  tcp: DEFAULT_PORT,
  ws: HTTP_PORT,
  wss: HTTPS_PORT,
  http: HTTP_PORT,
  https: HTTPS_PORT,
} as const satisfies Readonly<Record<string, number>>

const PORTS: Readonly<Record<string, number>> = DEFAULT_PORTS

/** The port of an endpoint, of which URL itself leaves out one that is its scheme's; 0, where one listens, lets the kernel pick. */
export function endpointPort({ port, protocol }: URL): number {
  return port === '' ? (PORTS[schemeOf(protocol)] ?? ANY_PORT) : Number(port)
}
