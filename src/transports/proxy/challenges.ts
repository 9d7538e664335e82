/** One way to log in that a server offers. RFC 9110 section 11.6.1 */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By name in lower case, without quotes. */
  readonly parameters: ReadonlyMap<string, string>
}

/** What lies between commas; a quoted string may hold commas itself, and one that is not closed goes to the end. */
const ELEMENT = /(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|$))+/g
/** `name=value` or `name="value"`. */
const PARAMETER = /^([\w!#$%&'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~/:-]+))$/
/** A scheme, alone or before its first parameter or its token. */
const SCHEME = /^([\w!#$%&'*+.^`|~-]+)(?:\s+(.+))?$/

/** The challenges in Proxy-Authenticate headers. Malformed ones are skipped. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  const addParameter = (text: string): boolean => {
    const match = PARAMETER.exec(text)
    if (match === null) return false
    const [, name, quoted, plain] = match
    challenges.at(-1)?.parameters.set(name!.toLowerCase(), plain ?? quoted!.replace(/\\(.)/g, '$1'))
    return true
  }
  for (const element of headers.flatMap((header) => header.match(ELEMENT) ?? [])) {
    const text = element.trim()
    if (addParameter(text)) continue
    const [, scheme, rest] = SCHEME.exec(text) ?? []
    if (scheme === undefined) continue
    challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    if (rest !== undefined) addParameter(rest.trim())
  }
  return challenges
}
