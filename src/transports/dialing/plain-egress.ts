import dgram from 'node:dgram'
import net from 'node:net'
import { systemClock } from '../../core/time/system-clock.js'
import { askDirectly } from '../dns/ask-directly.js'
import { PatientResolver } from '../dns/patient-resolver.js'
import type { Egress } from '../net/egress.js'
import { throughNat64 } from '../net/nat64.js'
import { type Resolved, resolveHost } from '../net/resolve.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'

/** Nothing is sent there. */
const ANY_PORT = 9

/** The C library takes the host's time, whatever the clock of a test says. */
const resolver = new PatientResolver({ clock: systemClock, lookUp: resolveHost, ask: askDirectly })

/** As any program does: by Node's sockets, and names as the system looks them up. */
export const plainEgress: Egress = {
  async resolve(endpoint) {
    const addresses = await resolver.resolve(endpoint)
    return throughNat64(addresses, { lookUp: lookUpIpv6, hasRoute })
  },
  connectTo({ address, family }, port, outcome) {
    const socket = net.connect({ host: address, family, port, ...SOCKET_OPTIONS })
    socket.once('connect', () => outcome.connected(socket))
    // Stays: a socket that fails while nobody else listens must not end the process.
    socket.on('error', (error) => outcome.failed(error))
    return () => socket.destroy()
  },
  serve() {},
}

async function lookUpIpv6(name: string): Promise<string[]> {
  const found = await resolver.resolve(new URL(`udp://${name}`))
  return found.filter(({ family }) => family === 6).map(({ address }) => address)
}

/** A datagram socket is connected without a packet: the kernel only looks for a route. */
function hasRoute({ address, family }: Resolved): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket(family === 4 ? 'udp4' : 'udp6')
    const settle = (has: boolean) => {
      socket.close()
      resolve(has)
    }
    // Node calls back with the error that its types do not know.
    socket.connect(ANY_PORT, address, (...[error]: unknown[]) =>
      settle(error === undefined || error === null),
    )
  })
}
