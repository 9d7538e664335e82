import net from 'node:net'
import { descriptorOf } from '../../native/sockets/detach-socket.js'
import { connectMarked, setMark } from '../../native/sockets/marked-socket.js'
import { MarkedResolver, type ResolverParts } from '../dns/marked-resolver.js'
import { PatientResolver } from '../dns/patient-resolver.js'
import type { ConnectTo, Egress } from '../net/egress.js'
import { nativeAddress } from '../net/native-address.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'

/**
 * By sockets whose packets bear a mark from the first one, so that a full tunnel's routing rules and a kill switch
 * let them pass: Node cannot mark, so they are made and connected by native calls and wrapped then.
 */
export function markedEgress(parts: Omit<ResolverParts, 'connectTo'>): Egress {
  const { native, mark } = parts
  const connectTo: ConnectTo = (address, port, { connected, failed }) => {
    try {
      const remote = nativeAddress(address, port)
      return connectMarked(native, remote, mark, { connected: (fd) => connected(wrapped(fd)), failed })
    } catch (thrown) {
      queueMicrotask(() => failed(thrown))
      return () => {}
    }
  }
  const { resolve } = new MarkedResolver({ ...parts, connectTo })
  return {
    resolve: new PatientResolver({ clock: parts.clock, lookUp: resolve }).resolve,
    connectTo,
    serve(server) {
      setMark(native, descriptorOf(server), mark)
    },
  }
}

function wrapped(fd: number): net.Socket {
  const socket = new net.Socket({ fd })
  socket.setNoDelay(SOCKET_OPTIONS.noDelay)
  socket.setKeepAlive(SOCKET_OPTIONS.keepAlive, SOCKET_OPTIONS.keepAliveInitialDelay)
  socket.on('error', () => {}) // one that fails while nobody else listens must not end the process
  return socket
}
