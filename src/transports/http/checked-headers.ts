import { validateHeaderName, validateHeaderValue } from 'node:http'
import { asError, ConfigError } from '../../core/api/errors.js'
import type { WebSocketSettings } from '../../core/settings/option-groups.js'

/** Headers that make a request what it is. */
const OWN_HEADERS = /^(connection|upgrade|content-length|transfer-encoding|sec-websocket-.*)$/i

/**
 * The headers that are sent with each request.
 *
 * @throws ConfigError if one of them cannot be sent.
 */
export function checkedHeaders({ headers = {} }: WebSocketSettings = {}): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    const refuse = (why: string) =>
      new ConfigError(`Cannot send the header ${JSON.stringify(name)}: ${why}`, { code: 'ERR_CONFIG_VALUE' })
    if (OWN_HEADERS.test(name)) throw refuse('it is part of the request itself')
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch (thrown) {
      throw refuse(asError(thrown).message)
    }
  }
  return headers
}
