import { rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import type { Logger } from '../core/api/logger.js'
import { inTime } from '../core/time/in-time.js'
import { systemClock } from '../core/time/system-clock.js'
import { Lines } from './lines.js'
import { CONNECTION_TIMEOUT, LocalServer } from './local-server.js'
import {
  controlError,
  MAX_QUESTION,
  type Question,
  readQuestion,
  writeAnswer,
  writeError,
} from './protocol.js'

/** Questions of one connection that may wait for their turn. */
const MAX_WAITING = 16

/** Who asks. */
export interface Asker {
  /** How long what is asked for is to last, if given. */
  readonly seconds?: number | undefined
  /** Aborted once the connection is closed. */
  readonly gone: AbortSignal
}

/** What answers; what it throws is the answer, too. */
export type ControlHandlers = Readonly<Record<Question, (asker: Asker) => unknown>>

/** Answers the owner of the process, on a local socket. */
export class ControlServer {
  readonly #server: LocalServer
  readonly #handlers: ControlHandlers
  readonly #patience: number
  /** Answers that are being found. */
  readonly #answering = new Set<Promise<void>>()

  private constructor(handlers: ControlHandlers, patience: number) {
    this.#handlers = handlers
    this.#patience = patience
    this.#server = new LocalServer((socket) => this.#serve(socket))
  }

  /**
   * Listens at `path`, for its owner alone. What a process that was killed left there is replaced: the caller holds the
   * lock that says that no other one runs. `patience` is in milliseconds: who asks nothing for so long, or does not read
   * on, is hung up on.
   *
   * @throws QanatError ERR_CONTROL if the socket cannot be had.
   */
  static async listen(
    path: string,
    handlers: ControlHandlers,
    log: Logger,
    patience = CONNECTION_TIMEOUT,
  ): Promise<ControlServer> {
    const server = new ControlServer(handlers, patience)
    try {
      rmSync(path, { force: true })
      await server.#server.listen(path, (error) =>
        log.warn('cannot accept a control connection', { why: error.message }),
      )
    } catch (thrown) {
      await server.close()
      throw controlError(`Cannot answer at ${path}: ${(thrown as Error).message}`, thrown)
    }
    return server
  }

  /**
   * Resolves once all that was asked is answered, or its client does not read it, and the socket is gone. Who asked what
   * has no answer within the patience is hung up on: a file that hangs at a reload must not keep the process.
   */
  async close(): Promise<void> {
    const closed = this.#server.close()
    const answered = await inTime(systemClock, this.#patience, Promise.all(this.#answering))
    for (const socket of this.#server.sockets) answered ? socket.destroySoon() : socket.destroy()
    await closed
  }

  #serve(socket: Socket): void {
    const lines = new Lines(MAX_QUESTION)
    let waiting = 0
    let turn = Promise.resolve()
    const gone = new AbortController()
    socket.on('close', () => gone.abort())
    socket.setTimeout(this.#patience, () => {
      if (waiting === 0 || socket.writableLength > 0) socket.destroy()
    })
    socket.on('data', (chunk: Buffer) => {
      const whole = lines.take(chunk)
      if (whole === undefined || waiting + whole.length > MAX_WAITING) {
        socket.removeAllListeners('data').resume()
        const limits = `a question has ${MAX_QUESTION} bytes at most, and ${MAX_WAITING} may wait`
        socket.end(writeError(controlError(`Cannot answer: ${limits}`)))
        return
      }
      for (const line of whole) {
        waiting++
        turn = turn.then(() => this.#answer(socket, line, gone.signal)).then(() => void waiting--)
        this.#note(turn)
      }
    })
  }

  async #answer(socket: Socket, line: string, gone: AbortSignal): Promise<void> {
    if (gone.aborted) return // nobody waits for it any more
    let text: string
    try {
      const { question, seconds } = readQuestion(line)
      text = writeAnswer(await this.#handlers[question]({ seconds, gone }))
    } catch (thrown) {
      text = writeError(thrown)
    }
    if (!socket.destroyed) await new Promise((resolve) => socket.write(text, resolve))
  }

  #note(answering: Promise<void>): void {
    const noted = answering.finally(() => this.#answering.delete(noted))
    this.#answering.add(noted)
  }
}
