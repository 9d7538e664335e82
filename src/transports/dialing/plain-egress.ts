import net from 'node:net'
import type { Egress } from '../net/egress.js'
import { resolveHost } from '../net/resolve.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'

/** As any program does: by Node's sockets, and names as the system looks them up. */
export const plainEgress: Egress = {
  resolve: resolveHost,
  connectTo({ address, family }, port, outcome) {
    const socket = net.connect({ host: address, family, port, ...SOCKET_OPTIONS })
    socket.once('connect', () => outcome.connected(socket))
    // Stays: a socket that fails while nobody else listens must not end the process.
    socket.on('error', (error) => outcome.failed(error))
    return () => socket.destroy()
  },
  serve() {},
}
