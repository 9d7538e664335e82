import { ANY_PORT, DEFAULT_PORT, HTTP_PORT, HTTPS_PORT } from '../../core/settings/ports.js'

/** What an endpoint without a port means. URL itself leaves out a port that is its scheme's default. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'udp:': DEFAULT_PORT,
  'tcp:': DEFAULT_PORT,
  'ws:': HTTP_PORT,
  'wss:': HTTPS_PORT,
}

/** The port of an endpoint; 0, where one listens, lets the kernel pick. */
export function endpointPort({ port, protocol }: URL): number {
  return port === '' ? (DEFAULT_PORTS[protocol] ?? ANY_PORT) : Number(port)
}
