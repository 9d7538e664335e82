import { ConfigError } from '../../core/api/errors.js'

/** Seconds: a day. */
const LONGEST = 86_400

/**
 * The seconds that an option names.
 *
 * @throws ConfigError if they are not within 1 s to `longest`.
 */
export function secondsOf(option: string, text: string, longest = LONGEST): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (seconds >= 1 && seconds <= longest) return seconds
  throw new ConfigError(`Cannot use ${option}: '${text}' is not within 1 to ${longest} seconds`, {
    code: 'ERR_CONFIG_VALUE',
  })
}
