import { once } from 'node:events'
import net from 'node:net'

/** A server that does what a test says, for ends that behave badly. */
export interface HandMadeServer {
  readonly port: number
  /** Connections that were accepted, in order. */
  readonly sockets: net.Socket[]
  /** What each connection sent, as text. */
  readonly received: string[]
  close(): void
}

/** Listens on loopback; `serve` is called for whatever a connection sends, and once at its begin. */
export async function handMadeServer(
  serve: (socket: net.Socket, received: string, connection: number) => void,
): Promise<HandMadeServer> {
  const sockets: net.Socket[] = []
  const received: string[] = []
  const server = net.createServer((socket) => {
    const connection = sockets.push(socket) - 1
    received[connection] = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      received[connection] += chunk.toString('latin1')
      serve(socket, received[connection]!, connection)
    })
    serve(socket, '', connection)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as net.AddressInfo).port,
    sockets,
    received,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
