/** What a probe's URL looks like, for messages. */
export const PROBE_FORM =
  'a URL of http:// without a login, such as http://HOST/generate_204, whose end behind "#" is what it answers if that is not empty'

/** A URL whose answer is known. */
export interface ProbeUrl {
  /** Without what is expected. */
  readonly url: URL
  /** The text that it answers, without blanks around it; undefined: nothing (204), or a short text that is no web page. */
  readonly expected: string | undefined
}

/** Reads the URL of a probe; undefined if it is none. */
export function parseProbe(text: string): ProbeUrl | undefined {
  if (!/^http:\/\/[^/?#]/i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username !== '' || url.password !== '' || url.hostname === '' || url.port === '0') return undefined
  const expected = decoded(url.hash.slice(1))
  if (expected === undefined) return undefined
  url.hash = ''
  return { url, expected: expected.trim() === '' ? undefined : expected.trim() }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
