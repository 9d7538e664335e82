import type { Form } from './keys.js'

/** Keys whose number may be `off`, which is 0. */
const SWITCHED = ['keepalive', 'fwmark']

/**
 * The value of a key as a TOML file would hold it. A value without such a form is passed on as text, and the
 * schema refuses it.
 */
export function fromText(key: string, form: Form, text: string): unknown {
  switch (form) {
    case 'number':
      return numberOf(text, SWITCHED.includes(key))
    case 'toggle':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'port':
      return [/^\d+$/.test(text) ? `udp://[::]:${Number(text)}` : text]
    case 'list':
      return items(text)
    case 'endpoints':
      return [endpointOf(text)]
    case 'lines':
      return [text]
    case 'text':
      return text
  }
}

/** The values between commas; wg takes an empty list, too. */
function items(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** Decimal, or hexadecimal as marks are written. */
function numberOf(text: string, switched: boolean): unknown {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return Number(text)
  return switched && text === 'off' ? 0 : text
}

/** A port is part of wg's endpoints, so that without one the text stays, and is refused. */
function endpointOf(text: string): string {
  return /^(\[.+\]|[^:/]+):\d+$/.test(text) ? `udp://${text}` : text
}

/** What wg writes for an endpoint; undefined if it cannot. */
export function bareEndpoint(url: string): string | undefined {
  return /^udp:\/\/((?:\[[^\]/]+\]|[^:/[\]]+):\d+)$/.exec(url)?.[1]
}

/** The port of an endpoint that listens at all local addresses by UDP. */
export function portOf(url: string): string | undefined {
  return /^udp:\/\/\[::\]:(\d+)$/.exec(url)?.[1]
}
