import { type Failure, failure } from '../../../core/reasons/reason.js'
import { printable } from '../../net/printable.js'
import { CLOSE_CODE } from './frame-header.js'

/** What codes mean without words of whoever closes. RFC 6455 section 7.4.1 and IANA's registry of close codes. */
const MEANINGS: Readonly<Record<number, string>> = {
  1002: 'an error of the protocol',
  1003: 'it takes no such data',
  1007: 'data that does not fit its type',
  1008: 'against its policy',
  1009: 'a message is too large for it',
  1010: 'an extension is missing',
  1011: 'an error of its own',
  1012: 'it restarts',
  1013: 'try again later',
  1014: 'its own server does not answer',
}

/**
 * Why a link ends whose far end closes the WebSocket with a code.
 *
 * @param words As it says why, in UTF-8. Told only if the URL is known that was dialled: they may repeat its secrets.
 * @returns undefined if that is in order: whoever closes so goes away.
 */
export function closedBy(code: number, words: Uint8Array, dialled: URL | undefined): Failure | undefined {
  if (code === CLOSE_CODE.normal || code === CLOSE_CODE.goingAway) return undefined
  const said = dialled === undefined ? '' : printable(new TextDecoder().decode(words), dialled)
  const why = said === '' ? (MEANINGS[code] ?? 'without a reason') : `"${said}"`
  return failure('websocket-closed', { code, why })
}
