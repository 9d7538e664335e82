/** What an endpoint without a port means. URL itself leaves out a port that is its scheme's default. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'udp:': 1337, 'tcp:': 1337, 'ws:': 80, 'wss:': 443 }

/** The port of an endpoint; 0, where one listens, lets the kernel pick. */
export function endpointPort({ port, protocol }: URL): number {
  return port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port)
}
