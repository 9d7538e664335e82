import { Option } from 'commander'
import { ConfigError } from '../../core/api/errors.js'

/** Seconds: a day. */
const LONGEST_WAIT = 86_400

/** Bounds how long a start waits until a peer can be called. */
export function waitOption(): Option {
  return new Option(
    '--wait <seconds>',
    'fail if no peer can be called by then (default: wait for as long as it takes)',
  )
}

/**
 * Milliseconds of the option; undefined if it is not given.
 *
 * @throws ConfigError if it is not within 1 s to a day.
 */
export function waitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (seconds < 1 || seconds > LONGEST_WAIT) {
    throw new ConfigError(`Cannot use --wait: '${text}' is not within 1 to ${LONGEST_WAIT} seconds`, {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return 1_000 * seconds
}
