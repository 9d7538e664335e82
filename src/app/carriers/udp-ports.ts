import { ANY_PORT, DEFAULT_PORT } from '../../core/settings/ports.js'

/** Whether an endpoint is one of UDP. */
export function isUdp({ protocol }: URL): boolean {
  return protocol === 'udp:'
}

/** The UDP port at which this end listens; undefined if it listens at none. */
export function udpPortOf(listen: readonly URL[]): number | undefined {
  const udp = listen.find(isUdp)
  return udp && Number(udp.port)
}

/** The port that dialling by datagrams uses if nothing listens there yet. */
export function localPort(listen: readonly URL[]): number {
  return udpPortOf(listen) ?? DEFAULT_PORT
}

/** Where to listen: an endpoint that leaves the UDP port open keeps the one in use. */
export function withPortsInForce(listen: readonly URL[], before: readonly URL[]): readonly URL[] {
  return listen.map((endpoint) => {
    if (!isUdp(endpoint) || Number(endpoint.port) !== ANY_PORT) return endpoint
    return before.find((one) => isUdp(one) && one.hostname === endpoint.hostname) ?? endpoint
  })
}
