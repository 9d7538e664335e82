import { once } from 'node:events'
import net from 'node:net'

/**
 * Bytes on their way in one direction; the pieces that it returns or yields are written to `to` in their place, one by
 * one. A generator goes on once a piece is written.
 */
export type Pass = (bytes: Buffer, isFromClient: boolean, to: net.Socket) => Iterable<Uint8Array>

/**
 * Stands between two ends of TCP connections on loopback: does to their bytes what a test says, and may cut them.
 * A direction that ends is ended at the other side, too. It keeps what the slower end has not read yet.
 */
export class Relay {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()

  private constructor(server: net.Server, target: number, pass: Pass) {
    this.#server = server
    server.on('connection', (near) => {
      const far = net.connect({ host: '127.0.0.1', port: target, noDelay: true, allowHalfOpen: true })
      this.#carry(near, far, (bytes) => pass(bytes, true, far))
      this.#carry(far, near, (bytes) => pass(bytes, false, near))
    })
  }

  /** Listens, and connects whoever comes to this port of loopback. */
  static async open(target: number, pass: Pass = (bytes) => [bytes]): Promise<Relay> {
    const server = net.createServer({ noDelay: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Relay(server, target, pass)
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

  #carry(from: net.Socket, to: net.Socket, pass: (bytes: Buffer) => Iterable<Uint8Array>): void {
    this.#sockets.add(from)
    from
      .on('data', (bytes: Buffer) => {
        for (const piece of pass(bytes)) to.write(piece)
      })
      .on('end', () => to.end())
      .on('error', () => to.destroy())
      .on('close', () => this.#sockets.delete(from))
  }
}
