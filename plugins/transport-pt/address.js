// @ts-check
import { isIP } from 'node:net'

/** @typedef {import('qanat').Place} Place */

/** @type {(url: URL) => Place} Where an endpoint is, or listens. */
export function placeOf(url) {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.port)
  if (host === '' || port === 0) throw new Error('its host and its port have to be named')
  return { host, port }
}

/** @type {(place: Place) => string} */
export function addressOf({ host, port }) {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

/** @type {(text: string) => Place | undefined} An address and a port; undefined if it is none. */
export function parseAddress(text) {
  const [, six, four, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? []
  const host = six ?? four ?? ''
  return isIP(host) === 0 || Number(port) > 65_535 ? undefined : { host, port: Number(port) }
}

/** @type {(host: string) => boolean} Whether nobody else reaches it. */
export function isLoopback(host) {
  return host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}
