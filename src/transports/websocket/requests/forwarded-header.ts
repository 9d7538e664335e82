/** A token of RFC 9110 section 5.6.2, or a text in quotes. */
const VALUE = /[!#$%&'*+.^_`|~0-9a-z:[\]-]+|"(?:[^"\\]|\\.)*"/
const PAIR = new RegExp(`\\s*(?:([!#$%&'*+.^_\`|~0-9a-z-]+)=(${VALUE.source}))?\\s*`, 'iy')

/**
 * The `for` of each element of a Forwarded header (RFC 7239), the nearest proxy's at the end. Of an element without one, or
 * with two, it is empty. A header that is malformed anywhere has no hops: a client's quotation mark may reach
 * into what a proxy appended. Colons and brackets are taken without quotation marks, too, as some proxies write them.
 */
export function forwardedHops(value: string): string[] {
  const hops: string[] = []
  let hop: string | undefined
  let at = 0
  for (;;) {
    PAIR.lastIndex = at
    const [whole = '', name, text = ''] = PAIR.exec(value) ?? []
    at += whole.length
    if (name?.toLowerCase() === 'for') hop = hop === undefined ? unquoted(text) : ''
    const separator = value[at++]
    if (separator !== undefined && separator !== ',' && separator !== ';') return []
    if (separator === ';') continue
    hops.push(hop ?? '')
    hop = undefined
    if (separator === undefined) return hops
  }
}

function unquoted(text: string): string {
  return text.startsWith('"') ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text
}
