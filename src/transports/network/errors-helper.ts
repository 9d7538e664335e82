import { ConfigError } from '../../core/api/errors.js'
import type { ErrorsHelper } from '../../core/plugin/errors-helper.js'
import { dialError, linkError } from '../net/dial-error.js'
import { listenError } from '../net/listen-error.js'

/** Makes the errors of a plugin's parts in the words of built-in ones. */
export const errorsHelper: ErrorsHelper = {
  dial: dialError,
  listen: listenError,
  link: linkError,
  config: (message) => new ConfigError(message, { code: 'ERR_CONFIG_VALUE' }),
}
