import { connect, type Socket } from 'node:net'
import { QanatError } from '../core/api/errors.js'
import { Lines } from './lines.js'
import { controlError, MAX_ANSWER, type Question, readAnswer, writeQuestion } from './protocol.js'

/** Milliseconds until a running tunnel counts as stuck: it may have to undo something that hangs. */
const PATIENCE: Readonly<Record<Question, number>> = {
  status: 5_000,
  look: 5_000,
  reload: 60_000,
  login: 5_000,
  down: 60_000,
}

/** The socket's errors when no process listens on it. */
const NOBODY = ['ENOENT', 'ECONNREFUSED']

/** A question that waits for its answer. */
interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  readonly limit: NodeJS.Timeout
}

/**
 * Asks the tunnel that answers at `path`. `what` names it in errors.
 *
 * @throws QanatError what it answers in place of an answer; ERR_NOT_RUNNING if it does not run, ERR_CONTROL
 * if it does not answer.
 */
export async function ask(path: string, what: string, question: Question): Promise<unknown> {
  const conversation = new Conversation(path, what)
  try {
    return await conversation.ask(question)
  } finally {
    conversation.close()
  }
}

/** Questions to one tunnel by one connection, one after another. */
export class Conversation {
  /** Resolves with the reason once the connection is over, unless by `close`. */
  readonly ended: Promise<QanatError>
  readonly #socket: Socket
  readonly #what: string
  readonly #lines = new Lines(MAX_ANSWER)
  #waiting: Waiting | undefined
  #failure: QanatError | undefined
  #end!: (why: QanatError) => void

  /** `path` is where the tunnel answers, `what` names it in errors. */
  constructor(path: string, what: string) {
    this.#what = what
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
    this.#socket = connect(path)
    this.#socket.on('error', (error) => this.#fail(error.message, error))
    this.#socket.on('close', () => this.#fail('it hung up'))
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk))
  }

  /**
   * Asks once the question before is answered. `seconds` is how long what is asked for is to last.
   *
   * @throws QanatError as `ask`.
   */
  ask(question: Question, seconds?: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure)
      const patience = PATIENCE[question]
      const limit = setTimeout(() => this.#fail(`no answer in ${patience / 1000} s`), patience)
      this.#waiting = { resolve, reject, limit }
      this.#socket.write(writeQuestion(question, seconds))
    })
  }

  /** Hangs up. A question that waits gets no answer. */
  close(): void {
    clearTimeout(this.#waiting?.limit)
    this.#socket.removeAllListeners('close').destroy()
  }

  #take(chunk: Buffer): void {
    const whole = this.#lines.take(chunk)
    if (whole === undefined) {
      this.#fail('the answer is too long')
      return
    }
    const [line] = whole
    const waiting = this.#waiting
    if (line === undefined || waiting === undefined) return
    this.#waiting = undefined
    clearTimeout(waiting.limit)
    try {
      waiting.resolve(readAnswer(line))
    } catch (thrown) {
      waiting.reject(thrown)
    }
  }

  #fail(why: string, cause?: NodeJS.ErrnoException): void {
    this.#failure ??= NOBODY.includes(cause?.code ?? '')
      ? notRunning(this.#what)
      : controlError(`Cannot ask the tunnel of ${this.#what}: ${why}`, cause)
    this.close()
    this.#waiting?.reject(this.#failure)
    this.#waiting = undefined
    this.#end(this.#failure)
  }
}

/** Nobody runs the tunnel of `what`. */
export function notRunning(what: string): QanatError {
  return new QanatError(`Cannot reach the tunnel of ${what}: it is not running`, { code: 'ERR_NOT_RUNNING' })
}
