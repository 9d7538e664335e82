import { asError, isQanatError, type QanatError, TransportError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import { codeOf, type Reason, reason } from '../../core/reasons/reason.js'

/** What the system's error codes mean to somebody who dials. */
const MEANINGS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: reason('connect-refused'),
  ECONNRESET: reason('link-reset'),
  EPIPE: reason('link-ended'),
  EHOSTUNREACH: reason('no-route'),
  ENETUNREACH: reason('network-unreachable'),
  ETIMEDOUT: reason('connect-timeout'),
  EMFILE: reason('too-many-files'),
}

/** What went wrong with a connection. */
export function meaningOf(thrown: unknown): Reason {
  const error = asError(thrown) as NodeJS.ErrnoException
  return MEANINGS[error.code ?? ''] ?? { code: codeOf(error), text: error.message }
}

/** Why nothing came of a dial. */
export function whyNotDialled(thrown: unknown): Reason {
  return asError(thrown).name === 'AbortError' ? reason('cancelled') : meaningOf(thrown)
}

/** That `endpoint` cannot be dialled, and why. An error with a code of ours passes unchanged. */
export function dialError(endpoint: URL, thrown: unknown): QanatError {
  if (isQanatError(thrown)) return thrown
  const { code, text } = whyNotDialled(thrown)
  return new TransportError(`Cannot dial ${redact(endpoint)}: ${text}`, {
    code: 'ERR_TRANSPORT_DIAL',
    reason: code,
    cause: thrown,
  })
}

/** That an open link to `remote` failed, and why. */
export function linkError(remote: string, why: unknown): TransportError {
  const { code, text } = typeof why === 'string' ? reason('link-broken', { why }) : meaningOf(why)
  return new TransportError(`Cannot keep ${remote}: ${text}`, {
    code: 'ERR_TRANSPORT_FAILED',
    reason: code,
    cause: typeof why === 'string' ? undefined : why,
  })
}
