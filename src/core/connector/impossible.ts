import { type ErrorCode, isQanatError } from '../api/errors.js'

const IMPOSSIBLE: readonly ErrorCode[] = [
  'ERR_CONFIG_VALUE',
  'ERR_CONFIG_MISSING',
  'ERR_PLUGIN_UNKNOWN',
  'ERR_PLUGIN_INVALID',
]
/** Why the system forbids a local port or a mark for as long as a process has the rights that it has. */
const FORBIDDEN: readonly unknown[] = ['EACCES', 'EPERM']

/**
 * Whether an endpoint that failed so can never be dialled as it is configured: no such scheme, a part or a setting is
 * wrong, or the rights for its local port are missing. A local port that is taken is free once another process ends.
 */
export function isImpossible(error: Error): boolean {
  if (!isQanatError(error)) return false
  if (error.code !== 'ERR_TRANSPORT_LISTEN') return IMPOSSIBLE.includes(error.code)
  return FORBIDDEN.includes((error.cause as { readonly code?: unknown } | undefined)?.code)
}
