import net from 'node:net'
import type { Relay } from '../../core/plugin/network.js'
import { listening } from '../accepting/listen.js'
import { SOCKET_OPTIONS } from '../net/socket-options.js'
import type { OpenThings } from './open-things.js'

/** Connections at a time; more are refused. */
export const MAX_RELAYED = 256
const LOOPBACK = '127.0.0.1'

/** What a relay is made of. */
export interface RelayParts {
  /** Connects to where the relay leads. */
  readonly connect: (signal: AbortSignal) => Promise<net.Socket>
  readonly open: OpenThings
}

/** As `Network.relay`. */
export async function openRelay({ connect, open }: RelayParts): Promise<Relay> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ ...SOCKET_OPTIONS, allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    void lead(socket, connect)
  })
  server.maxConnections = MAX_RELAYED
  await listening(server, { host: LOOPBACK, port: 0 })
  server.on('error', () => {}) // costs one connection, whose library tries again
  const close = () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    return closed
  }
  open.add(server, () => void close())
  return { host: LOOPBACK, port: (server.address() as net.AddressInfo).port, close }
}

/** Leads a connection on, which is hung up on if its remote cannot be reached. */
async function lead(near: net.Socket, connect: RelayParts['connect']): Promise<void> {
  const gone = new AbortController()
  const hungUp = () => gone.abort()
  near.on('error', () => {}).once('close', hungUp)
  try {
    const far = await connect(gone.signal)
    far.allowHalfOpen = true
    near.once('close', () => far.destroy())
    far.once('close', () => near.destroy())
    near.pipe(far).pipe(near)
  } catch {
    near.destroy() // whoever connected sees that
  }
}
