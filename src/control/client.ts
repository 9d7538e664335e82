import { connect } from 'node:net'
import { QanatError } from '../core/api/errors.js'
import { Lines } from './lines.js'
import { controlError, MAX_ANSWER, type Question, readAnswer, writeQuestion } from './protocol.js'

/** Milliseconds until a running tunnel counts as stuck: it may have to undo something that hangs. */
const PATIENCE: Readonly<Record<Question, number>> = { status: 5_000, reload: 60_000, down: 60_000 }

/** The socket's errors when no process listens on it. */
const NOBODY = ['ENOENT', 'ECONNREFUSED']

/**
 * Asks the tunnel that answers at `path`. `what` names it in errors.
 *
 * @throws QanatError what it answers in place of an answer; ERR_NOT_RUNNING if it does not run, ERR_CONTROL
 * if it does not answer.
 */
export function ask(path: string, what: string, question: Question): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const lines = new Lines(MAX_ANSWER)
    const socket = connect(path)
    const fail = (why: string, cause?: NodeJS.ErrnoException) => {
      socket.destroy()
      reject(
        NOBODY.includes(cause?.code ?? '')
          ? notRunning(what)
          : controlError(`Cannot ask the tunnel of ${what}: ${why}`, cause),
      )
    }
    const limit = setTimeout(() => fail(`no answer in ${PATIENCE[question] / 1000} s`), PATIENCE[question])
    socket.on('error', (error) => fail(error.message, error))
    socket.on('close', () => {
      clearTimeout(limit)
      fail('it hung up')
    })
    socket.on('data', (chunk: Buffer) => {
      const whole = lines.take(chunk)
      if (whole === undefined) return fail('the answer is too long')
      const [line] = whole
      if (line === undefined) return
      try {
        resolve(readAnswer(line))
      } catch (thrown) {
        reject(thrown)
      }
      socket.destroy()
    })
    socket.write(writeQuestion(question))
  })
}

/** Nobody runs the tunnel of `what`. */
export function notRunning(what: string): QanatError {
  return new QanatError(`Cannot reach the tunnel of ${what}: it is not running`, { code: 'ERR_NOT_RUNNING' })
}
