import { once } from 'node:events'
import net from 'node:net'

/** Stands between two ends of TCP connections on loopback, and may cut them. */
export class Relay {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()

  private constructor(server: net.Server, target: number) {
    this.#server = server
    server.on('connection', (near) => {
      const far = net.connect({ host: '127.0.0.1', port: target, noDelay: true })
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.pipe(to)
        from
          .on('error', () => {})
          .on('close', () => {
            this.#sockets.delete(from)
            to.destroy()
          })
      }
    })
  }

  /** Listens, and connects whoever comes to this port of loopback. */
  static async open(target: number): Promise<Relay> {
    const server = net.createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Relay(server, target)
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** Ends all connections: in order, or by a reset. */
  cut(how: 'end' | 'reset'): void {
    for (const socket of this.#sockets) how === 'end' ? socket.destroy() : socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.cut('end')
    await once(this.#server, 'close')
  }
}
