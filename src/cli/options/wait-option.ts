import { Option } from 'commander'
import { secondsOf } from './seconds.js'

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
  return text === undefined ? undefined : 1_000 * secondsOf('--wait', text)
}
