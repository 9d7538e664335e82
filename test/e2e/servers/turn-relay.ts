import { once } from 'node:events'
import net from 'node:net'

/** What went between a client and a server on loopback, in the order of its causes. */
export interface TurnRelay {
  readonly port: number
  /** Connections that were accepted. */
  connections: number
  /** Times that one of the two spoke after the other. */
  turns: number
  /** What clients sent, as text. */
  sent: string
  close(): void
}

/** Passes connections on to a port of loopback, and counts how often the two wait for each other. */
export async function turnRelay(to: number): Promise<TurnRelay> {
  const sockets = new Set<net.Socket>()
  let speaker: 'client' | 'server' = 'server'
  const speaks = (who: 'client' | 'server') => {
    if (who !== speaker) relay.turns++
    speaker = who
  }
  const server = net.createServer((client) => {
    relay.connections++
    const onward = net.connect({ host: '127.0.0.1', port: to })
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    client.on('data', (chunk) => {
      speaks('client')
      relay.sent += chunk.toString('latin1')
    })
    onward.on('data', () => speaks('server'))
    client.pipe(onward).pipe(client)
    client.on('close', () => onward.destroy())
    onward.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const relay: TurnRelay = {
    port: (server.address() as net.AddressInfo).port,
    connections: 0,
    turns: 0,
    sent: '',
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
  return relay
}
