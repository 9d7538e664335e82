// @ts-check

/** @typedef {ReadonlyMap<string, string | undefined>} Settings Without a value it is a key alone. */

/**
 * What is set: in the options, as KEY=VALUE or KEY, and by the query of an endpoint.
 *
 * @param {readonly string[]} listed
 * @param {URL} [endpoint]
 * @returns {Settings}
 */
export function settingsOf(listed, endpoint) {
  const settings = /** @type {Map<string, string | undefined>} */ (new Map())
  for (const text of listed) {
    const at = text.indexOf('=')
    if (at < 0) settings.set(text, undefined)
    else settings.set(text.slice(0, at), text.slice(at + 1))
  }
  for (const [key, value] of endpoint?.searchParams ?? []) settings.set(key, value)
  return settings
}

/**
 * As both protocols write it: a backslash before what separates. pt-spec section 3.5, SIP003
 *
 * @param {Settings} settings
 * @param {string} [before] of each of them, as Tor's servers have it
 */
export function written(settings, before = '') {
  const escaped = (/** @type {string} */ text) => text.replace(/[\\;=:]/g, (one) => escapeOf(one, before))
  const pair = (/** @type {[string, string | undefined]} */ [key, value]) =>
    `${before}${escaped(key)}${value === undefined ? '' : `=${escaped(value)}`}`
  return [...settings].map(pair).join(';')
}

/** @type {(one: string, before: string) => string} Colons separate for servers only. */
function escapeOf(one, before) {
  return one === ':' && before === '' ? one : `\\${one}`
}
