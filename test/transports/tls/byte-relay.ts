import { once } from 'node:events'
import net from 'node:net'

/** Bytes on their way, in one direction; what it returns is sent in their place, piece by piece. */
export type Pass = (bytes: Buffer, isFromClient: boolean) => readonly Uint8Array[]

/** Stands between two ends of TCP connections on loopback, and does to their bytes what a test says. */
export class ByteRelay {
  readonly #server: net.Server
  readonly #sockets: net.Socket[] = []

  private constructor(server: net.Server) {
    this.#server = server
  }

  /** Listens, and connects whoever comes to this port of loopback. */
  static async open(target: number, pass: Pass): Promise<ByteRelay> {
    const server = net.createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const relay = new ByteRelay(server)
    server.on('connection', (near) => {
      const far = net.connect({ host: '127.0.0.1', port: target, noDelay: true })
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        relay.#sockets.push(from)
        from.on('data', (bytes: Buffer) => {
          for (const piece of pass(bytes, from === near)) to.write(piece)
        })
        from.on('end', () => to.end()).on('error', () => {})
      }
    })
    return relay
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

/** Every byte apart. */
export function byteByByte(bytes: Buffer): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte))
}
