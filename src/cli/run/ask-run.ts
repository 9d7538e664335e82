import { ask } from '../../control/client.js'
import { isStopped } from '../../control/is-stopped.js'
import { controlError, type Question } from '../../control/protocol.js'
import type { Run } from '../../control/run-lock.js'
import { isQanatError, QanatError } from '../../core/api/errors.js'
import type { Clock } from '../../core/time/clock.js'
import { systemClock } from '../../core/time/system-clock.js'
import { remark } from '../output/output.js'
import { isRunning } from './find-runs.js'

/** Milliseconds after which a process that does not answer is named: it may be busy, or hang. */
const NAMED_AFTER = 1_500

/** How asking is told of. */
interface AskParts {
  readonly clock: Clock
  readonly tell: (line: string) => void
}

/**
 * Asks the tunnel that a process runs. `what` names it in errors. A status that is late is told of.
 *
 * @throws QanatError what it answers in place of an answer; ERR_NOT_RUNNING if it ended, ERR_STARTING if it does
 * not answer yet, ERR_CONTROL at once if its process is stopped.
 */
export async function askRun(
  run: Run,
  what: string,
  question: Question,
  { clock, tell }: AskParts = { clock: systemClock, tell: remark },
): Promise<unknown> {
  if (isStopped(run.pid)) throw stopped(run, what)
  const late = () => tell(`process ${run.pid}, which runs the tunnel of ${what}, does not answer yet`)
  const timer = question === 'status' ? clock.schedule(NAMED_AFTER, late) : undefined
  try {
    return await ask(run.socket, what, question)
  } catch (thrown) {
    if (isStopped(run.pid)) throw stopped(run, what)
    if (!isQanatError(thrown) || thrown.code !== 'ERR_NOT_RUNNING' || !isRunning(run)) throw thrown
    throw new QanatError(`Cannot ask the tunnel of ${what}: process ${run.pid} is still starting it`, {
      code: 'ERR_STARTING',
    })
  } finally {
    timer?.cancel()
  }
}

function stopped({ pid }: Run, what: string): QanatError {
  return controlError(
    `Cannot ask the tunnel of ${what}: process ${pid} is stopped, as by SIGSTOP; 'kill -CONT ${pid}' continues it`,
  )
}
