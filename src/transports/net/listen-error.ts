import { asError, isQanatError, type QanatError, TransportError } from '../../core/api/errors.js'
import { redact } from '../../core/api/redact.js'
import { MAX_PORT, MIN_UNPRIVILEGED_PORT } from '../../core/settings/ports.js'

/** Why a local address, or a path, cannot be listened on, and what would help. An error with a code of ours passes unchanged. */
export function listenError(endpoint: URL, thrown: unknown): QanatError {
  if (isQanatError(thrown)) return thrown
  const { code } = asError(thrown) as NodeJS.ErrnoException
  const options = { code: 'ERR_TRANSPORT_LISTEN', cause: thrown } as const
  const { hostname, port } = endpoint
  const isLocal = hostname === ''
  const why: Record<string, string> = {
    EADDRINUSE: isLocal
      ? 'somebody listens there already'
      : `port ${port} is in use; choose another one with --listen, or 0 for any`,
    EADDRNOTAVAIL: `${hostname} is no address of this host`,
    EACCES: isLocal
      ? 'permission denied'
      : `port ${port} needs root; choose one from ${MIN_UNPRIVILEGED_PORT} to ${MAX_PORT}`,
  }
  return new TransportError(
    `Cannot listen on ${redact(endpoint)}: ${why[code ?? ''] ?? asError(thrown).message}`,
    options,
  )
}
