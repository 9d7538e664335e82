import { asError, isQanatError, type QanatError, TransportError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import { codeOf, type Reason, reason } from '../../core/reasons/reason.js'
import { MAX_PORT, MIN_UNPRIVILEGED_PORT } from '../../core/settings/ports.js'

/** Why a local address, or a path, cannot be listened on, and what would help. An error with a code of ours passes unchanged. */
export function listenError(endpoint: URL, thrown: unknown, isLocal = endpoint.hostname === ''): QanatError {
  if (isQanatError(thrown)) return thrown
  const { code } = asError(thrown) as NodeJS.ErrnoException
  const { hostname, port } = endpoint
  const why: Record<string, Reason> = {
    EADDRINUSE: isLocal ? reason('path-in-use') : reason('port-in-use', { port }),
    EADDRNOTAVAIL: reason('address-not-here', { host: hostname }),
    EACCES: isLocal
      ? reason('path-forbidden')
      : reason('port-forbidden', { port, least: MIN_UNPRIVILEGED_PORT, most: MAX_PORT }),
  }
  const told = why[code ?? ''] ?? { code: codeOf(thrown), text: asError(thrown).message }
  return new TransportError(`Cannot listen on ${redact(endpoint)}: ${told.text}`, {
    code: 'ERR_TRANSPORT_LISTEN',
    reason: told.code,
    cause: thrown,
  })
}
