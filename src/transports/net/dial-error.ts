import { asError, isQanatError, type QanatError, TransportError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'

/** What the system's error codes mean to somebody who dials. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the remote reset the connection',
  EPIPE: 'the remote ended the connection',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'the remote does not answer',
  EMFILE: 'this process has too many files open',
}

/** What went wrong with a connection, in words. */
export function meaningOf(thrown: unknown): string {
  const { code } = asError(thrown) as NodeJS.ErrnoException
  return MEANINGS[code ?? ''] ?? asError(thrown).message
}

/** Why nothing came of a dial, in words. */
export function whyNotDialled(thrown: unknown): string {
  return asError(thrown).name === 'AbortError' ? 'it was cancelled' : meaningOf(thrown)
}

/** That `endpoint` cannot be dialled, and why. An error with a code of ours passes unchanged. */
export function dialError(endpoint: URL, thrown: unknown): QanatError {
  if (isQanatError(thrown)) return thrown
  return new TransportError(`Cannot dial ${redact(endpoint)}: ${whyNotDialled(thrown)}`, {
    code: 'ERR_TRANSPORT_DIAL',
    cause: thrown,
  })
}

/** That an open link to `remote` failed, and why. */
export function linkError(remote: string, why: unknown): TransportError {
  return new TransportError(`Cannot keep ${remote}: ${typeof why === 'string' ? why : meaningOf(why)}`, {
    code: 'ERR_TRANSPORT_FAILED',
    cause: typeof why === 'string' ? undefined : why,
  })
}
