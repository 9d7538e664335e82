import { groupSocketOf, shareRun } from '../../control/group/group-socket.js'
import { controlError, QUESTIONS, type Question } from '../../control/protocol.js'
import type { RunLock } from '../../control/run-lock.js'
import { type ControlHandlers, ControlServer } from '../../control/server.js'
import { asError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { Turns } from '../../core/time/turns.js'
import type { Group } from '../../native/process/groups.js'

/** What members may ask for, whatever else the owner may by then. */
const FOR_MEMBERS: readonly Question[] = ['status', 'look', 'reload', 'down']

/** What members of a group ask, and how they are answered. */
export interface GroupParts {
  readonly lock: Pick<RunLock, 'path' | 'socket'>
  readonly log: Logger
  readonly handlers: ControlHandlers
  readonly end: (why: string) => Promise<void>
}

/**
 * Answers members of a group on a socket of their own, with as many connections as its owner has on the other one.
 *
 * @throws QanatError ERR_CONTROL if they cannot be let in; then nobody is.
 */
export async function listenForGroup(
  { gid, name }: Group,
  { end, handlers, lock, log }: GroupParts,
): Promise<ControlServer> {
  const down = () => end(`qanat down, by a member of the group ${name}`)
  const forMembers = membersOnly({ ...handlers, down, reload: oneAtATime(handlers.reload) })
  const server = await ControlServer.listen(groupSocketOf(lock.socket), forMembers, log)
  try {
    shareRun(lock, gid)
    return server
  } catch (thrown) {
    await server.close()
    const { message } = asError(thrown)
    throw controlError(`Cannot let the group '${name}' control the tunnel: ${message}`, thrown)
  }
}

/** Does some work once at a time; all who ask before it begins share it, so that members cannot queue more than one more. */
function oneAtATime(work: ControlHandlers['reload']): ControlHandlers['reload'] {
  const turns = new Turns()
  let next: Promise<unknown> | undefined
  return (asker) => {
    next ??= turns.take(async () => {
      await undefined // by then `next` is this turn, even if it is the first one
      next = undefined
      return work(asker)
    })
    return next
  }
}

function membersOnly(handlers: ControlHandlers): ControlHandlers {
  const refuse = (question: Question) => () => {
    throw controlError(`Cannot do that: '${question}' is for the tunnel's owner alone; use sudo`)
  }
  const entries = QUESTIONS.map((question) => {
    return [question, FOR_MEMBERS.includes(question) ? handlers[question] : refuse(question)]
  })
  return Object.fromEntries(entries) as ControlHandlers
}
