import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ServerSettings, ServerUsage } from './handshake-server.js'

/** A loopback address of this process's own, so that benchmarks which run at the same time do not meet at a port. */
export const OWN_LOOPBACK = `127.2.${(process.pid >> 8) & 255}.${process.pid & 255}`

/** A server in a process of its own, which tells what it has used. If it ends unasked, so does this process, with an error. */
export class MeasuredServer {
  readonly #process = fork(join(import.meta.dirname, 'handshake-server.js'), { execArgv: ['--expose-gc'] })

  private constructor() {
    this.#process.once('exit', endedUnasked)
  }

  /** Resolves once it listens. */
  static async start(settings: ServerSettings): Promise<MeasuredServer> {
    const server = new MeasuredServer()
    await server.#ask(settings)
    return server
  }

  usage(): Promise<ServerUsage> {
    return this.#ask({})
  }

  async stop(): Promise<void> {
    this.#process.off('exit', endedUnasked)
    const ended = once(this.#process, 'exit')
    this.#process.kill()
    await ended
  }

  async #ask(message: object): Promise<ServerUsage> {
    const answer = once(this.#process, 'message')
    this.#process.send(message)
    return (await answer)[0] as ServerUsage
  }
}

/** The cause stands above it: the server writes its own errors. */
function endedUnasked(code: number | null, signal: NodeJS.Signals | null): never {
  throw new Error(`The server ended: ${signal ?? `code ${code}`}`)
}
