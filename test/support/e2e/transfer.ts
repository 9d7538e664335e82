import { expect } from 'vitest'
import type { LabHost } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'

const PORT = 8000
/** Bytes per second: more than a slow carrier takes, and little enough for a busy machine. */
const PACE = 4_000_000

/** A download over HTTP, one TCP connection, that goes on until it is ended. */
export class Transfer {
  readonly #server: Program
  readonly #client: Program

  private constructor(server: Program, client: Program) {
    this.#server = server
    this.#client = client
  }

  /** Starts a download from one host, by its inner address, to another. Resolves once bytes arrive. */
  static async start(
    from: LabHost,
    to: LabHost,
    address: string,
    port = PORT,
    pace = PACE,
  ): Promise<Transfer> {
    const server = from.node('endless-server.js', address, String(port), String(pace))
    await server.line('listening', 'stdout')
    const host = address.includes(':') ? `[${address}]` : address
    const client = to.node('http-client.js', `http://${host}:${port}/`)
    await client.line('under way', 'stdout')
    return new Transfer(server, client)
  }

  /** Lets it come to its end, and compares what was sent with what arrived. */
  async end(limit?: number): Promise<void> {
    this.#server.kill('SIGUSR1')
    await this.#client.output(limit)
    const received = await this.#client.line('received', 'stdout')
    expect(received.replace('received', 'sent')).toBe(await this.#server.line('sent', 'stdout'))
    this.#server.kill('SIGTERM')
  }
}
