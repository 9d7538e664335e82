import { redactEcho } from '../../core/api/redact.js'

/** Characters of foreign text that a message quotes. */
const MOST = 160

/**
 * Somebody else's words as they may be written into a message: one line of printable ASCII, not too long, and without
 * the secrets of the URL that they were `told` by, which they may repeat.
 */
export function printable(words: string, told?: URL): string {
  const line = (told === undefined ? words : redactEcho(words, told)).replace(/[^\x20-\x7e]+/g, ' ').trim()
  return line.length > MOST ? `${line.slice(0, MOST)}…` : line
}
