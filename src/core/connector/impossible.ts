import { type ErrorCode, QanatError } from '../api/errors.js'

const IMPOSSIBLE: readonly ErrorCode[] = [
  'ERR_CONFIG_VALUE',
  'ERR_CONFIG_MISSING',
  'ERR_PLUGIN_UNKNOWN',
  'ERR_PLUGIN_INVALID',
]

/** Whether an endpoint that failed so can never be dialled as it is configured: no such scheme, a part or a setting is wrong. */
export function isImpossible(error: Error): boolean {
  return error instanceof QanatError && IMPOSSIBLE.includes(error.code)
}
