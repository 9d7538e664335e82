import { controlError } from '../../control/protocol.js'
import { realPath } from '../../control/real-path.js'
import type { Run } from '../../control/run-lock.js'
import type { RunStatus } from './report.js'

type Fields = Readonly<Record<string, unknown>>

/**
 * The status that a run answered. It may be another user's, which is believed to be that run and no other.
 *
 * @throws QanatError ERR_CONTROL if it is no status.
 */
export function readStatus(answer: unknown, { file, pid }: Run): RunStatus {
  if (!isStatus(answer)) {
    throw controlError(`Cannot understand the tunnel of ${file}: what process ${pid} answers is no status`)
  }
  const said = answer.file
  return { ...answer, pid, file: typeof said === 'string' && realPath(said) === file ? said : file }
}

function isStatus(value: unknown): value is RunStatus {
  return (
    isObject(value) &&
    [value.device, value.cipher, value.since].every(isText) &&
    isListOf(value.listen, isText) &&
    carries(value) &&
    (value.version === undefined || isText(value.version)) &&
    (value.addresses === undefined || isListOf(value.addresses, isText)) &&
    (value.mtu === undefined || typeof value.mtu === 'number') &&
    (value.troubles === undefined || isListOf(value.troubles, isTrouble)) &&
    (value.portal === undefined || value.portal === null || isPortal(value.portal)) &&
    (value.groups === undefined || isListOf(value.groups, isGroup)) &&
    (value.login === undefined || isLogin(value.login)) &&
    (value.figures === undefined || isTableOf(value.figures, isPluginFigures)) &&
    isListOf(value.peers, isPeer)
  )
}

function isPeer(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.id, value.why].every(isText) &&
    [value.name, value.remote, value.endpoint, value.since, value.lastHandshake].every(isTextOrNull) &&
    (value.connecting === undefined || value.connecting === null || isConnecting(value.connecting)) &&
    (value.trying === undefined || isListOf(value.trying, isConnecting)) &&
    isListOf(value.allowed, isText) &&
    [value.state, value.onlineSince, value.lastSeen].every((one) => one === undefined || isTextOrNull(one)) &&
    (value.proxy === undefined || isTextOrNull(value.proxy)) &&
    (value.attempts === undefined || isListOf(value.attempts, isAttempt)) &&
    (value.roundTrip === null || typeof value.roundTrip === 'number') &&
    carries(value)
  )
}

function isLogin(value: unknown): boolean {
  return isObject(value) && [value.since, value.until].every(isText)
}

function isConnecting(value: unknown): boolean {
  return isObject(value) && [value.endpoint, value.step, value.since].every(isText)
}

function isAttempt(value: unknown): boolean {
  return isReason(value) && [value.endpoint, value.at].every(isText) && isTextOrNull(value.next)
}

function isTrouble(value: unknown): boolean {
  return (
    isReason(value) &&
    [value.peer, value.remote, value.at].every(isTextOrNull) &&
    typeof value.times === 'number'
  )
}

function isPortal(value: unknown): boolean {
  return isReason(value) && [value.since, value.host].every(isText) && isTextOrNull(value.url)
}

function isGroup(value: unknown): boolean {
  return (
    isObject(value) &&
    [value.name, value.active, value.since].every(isText) &&
    isListOf(value.members, isText) &&
    typeof value.moves === 'number'
  )
}

function isReason(value: unknown): value is Fields {
  return isObject(value) && [value.step, value.code, value.why].every(isText) && isTextOrNull(value.remedy)
}

/** Whether the figures of what was carried and dropped are there. */
function carries({ drops, received, sent }: Fields): boolean {
  return (
    [received, sent].every((one) => isObject(one) && typeof one.bytes === 'number') &&
    isObject(drops) &&
    Object.values(drops).every((count) => typeof count === 'number')
  )
}

function isPluginFigures(value: unknown): boolean {
  return isTableOf(
    value,
    (figure) =>
      isObject(figure) && [figure.type, figure.unit].every(isText) && isListOf(figure.values, isFigureValue),
  )
}

function isFigureValue(value: unknown): boolean {
  return isObject(value) && typeof value.value === 'number' && isTableOf(value.labels, isText)
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isTextOrNull(value: unknown): boolean {
  return value === null || isText(value)
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem)
}

function isTableOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return isObject(value) && Object.values(value).every(isItem)
}
