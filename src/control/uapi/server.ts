import type { Socket } from 'node:net'
import { asError, hasCode } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { redactText } from '../../core/api/redact.js'
import { CONNECTION_TIMEOUT, LocalServer } from '../local-server.js'
import type { UapiDevice } from './device.js'
import { type Request, Requests } from './requests.js'
import type { SetRequest } from './set-request.js'
import { ERRNO, UapiError } from './uapi-error.js'
import { writeDevice } from './write-device.js'

/** What WireGuard's tools are answered with. */
export interface UapiHandlers {
  get(): UapiDevice
  /** Resolves once all of it is in force. Throws if it is refused; then all is as before. */
  set(request: SetRequest): Promise<void>
}

/** What a server of WireGuard's tools is made of. */
export interface UapiParts {
  readonly handlers: UapiHandlers
  readonly log: Logger
  /** Milliseconds; who asks nothing for so long, or does not read on, is hung up on. */
  readonly patience?: number
}

/**
 * Answers WireGuard's tools, such as wg(8), by the protocol of userspace implementations.
 * https://www.wireguard.com/xplatform/
 */
export class UapiServer {
  readonly #server: LocalServer
  readonly #parts: Required<UapiParts>

  private constructor({ patience = CONNECTION_TIMEOUT, ...parts }: UapiParts) {
    this.#parts = { ...parts, patience }
    this.#server = new LocalServer((socket) => void this.#serve(socket), { allowHalfOpen: true })
  }

  /**
   * Listens at `path`, where nothing is, for its owner alone: whoever can connect has the keys. Rejects if the socket
   * cannot be had.
   */
  static async listen(path: string, parts: UapiParts): Promise<UapiServer> {
    const server = new UapiServer(parts)
    await server.#server.listen(path, (error) =>
      parts.log.warn("cannot accept a connection of WireGuard's tools", { why: error.message }),
    )
    return server
  }

  /** Resolves once nobody is connected. A change that is under way goes on. */
  async close(): Promise<void> {
    const closed = this.#server.close()
    for (const socket of this.#server.sockets) socket.destroy()
    await closed
  }

  /** One request after another; nothing more is read while one is answered. */
  async #serve(socket: Socket): Promise<void> {
    let answering = false
    socket.setTimeout(this.#parts.patience, () => {
      if (!answering || socket.writableLength > 0) socket.destroy()
    })
    const requests = new Requests()
    try {
      for await (const chunk of socket) {
        const whole = requests.take(chunk)
        if (whole === undefined) break
        answering = true
        for (const request of whole) await written(socket, await this.#answer(request))
        answering = false
      }
    } catch {
      // hung up
    } finally {
      socket.destroy()
    }
  }

  async #answer(request: Request): Promise<string> {
    const { handlers, log } = this.#parts
    try {
      if (request === 'get') return `${writeDevice(handlers.get())}${end(ERRNO.ok)}`
      if ('refused' in request) throw request.refused
      await handlers.set(request.set)
      return end(ERRNO.ok)
    } catch (thrown) {
      const why = redactText(asError(thrown).message)
      log.warn("cannot do what WireGuard's tools ask for", { why })
      return end(errnoOf(thrown))
    }
  }
}

function errnoOf(thrown: unknown): number {
  if (thrown instanceof UapiError) return thrown.errno
  return hasCode(thrown, ['EADDRINUSE']) ? ERRNO.addressInUse : ERRNO.invalid
}

function end(errno: number): string {
  return `errno=${errno}\n\n`
}

/** Resolves once the text is with the kernel; rejects if the client hung up. */
function written(socket: Socket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
