import { ConfigError } from '../../core/api/errors.js'

/** The variable that gives the shared key if no option does. */
export const KEY_VARIABLE = 'QANAT_KEY'

/** Where a shared key may come from. */
export interface KeySources {
  readonly key?: string | undefined
  readonly keyFile?: string | undefined
}

/**
 * The shared key from the command line, a file, or the environment; neither if none was given.
 *
 * @throws ConfigError if two are given.
 */
export function sharedKey(
  { key, keyFile }: KeySources,
  environment: Readonly<Record<string, string | undefined>>,
): KeySources {
  if (key !== undefined && keyFile !== undefined) {
    throw new ConfigError('Cannot use two keys: give either --key or --key-file', {
      code: 'ERR_CONFIG_VALUE',
    })
  }
  return keyFile === undefined ? { key: key ?? environment[KEY_VARIABLE] } : { keyFile }
}
