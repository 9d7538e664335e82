import net from 'node:net'
import { resolveHost } from '../net/resolve.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'
import type { WayOut } from '../net/way-out.js'

/** As any program does: by Node's sockets, and names as the system looks them up. */
export const plainWayOut: WayOut = {
  resolve: resolveHost,
  connectTo({ address, family }, port, outcome) {
    const socket = net.connect({ host: address, family, port, ...SOCKET_OPTIONS })
    socket.once('connect', () => outcome.connected(socket))
    // Stays for good: a socket that fails while nobody else listens must not end the process.
    socket.on('error', (error) => outcome.failed(error))
    return () => socket.destroy()
  },
  serve() {},
}
