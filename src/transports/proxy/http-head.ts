/** How each answer begins. */
const BEGINNING = 'HTTP/1.'
/** The version may have any second digit. RFC 9112 section 4 */
const STATUS_LINE = /^HTTP\/1\.(\d) +(\d{3})(?: (.*))?$/
/** A name is a token. RFC 9110 section 5.6.2. Blanks around the value are left to code: an expression would try all their parts. */
const HEADER = /^([\w!#$%&'*+.^`|~-]+):(.*)$/

const NO_VALUES: readonly string[] = []

/** The head of an answer. */
export interface HttpAnswer {
  readonly status: number
  /** The server's own words. */
  readonly reason: string
  /** The values of the headers of a name in lower case, in their order. */
  readonly header: (name: string) => readonly string[]
  /** Whether the connection stays open after this answer, as far as its head says. RFC 9112 section 9.3 */
  readonly persistent: boolean
}

/** Undefined if it does not begin as an answer does. */
export function parseHead(head: string): HttpAnswer | undefined {
  const [first, ...lines] = head
    .replace(/^(?:\r?\n)+/, '')
    .trimEnd()
    .replace(/\r?\n[ \t]+/g, ' ') // folded lines. RFC 9112 section 5.2
    .split(/\r?\n/)
  const [, minor, status, reason = ''] = STATUS_LINE.exec(first!) ?? []
  if (status === undefined || Number(status) < 100) return undefined
  const { fields, isWhole } = parseFields(lines)
  const header = (name: string) => fields.get(name) ?? NO_VALUES
  const options = [...header('connection'), ...header('proxy-connection')]
    .join(',')
    .toLowerCase()
    .split(/[\s,]+/)
  const persistent = minor === '0' ? options.includes('keep-alive') : !options.includes('close')
  return { status: Number(status), reason, header, persistent: persistent && isWhole }
}

/** The values of fields by their names in lower case, and whether each line is a field. */
function parseFields(lines: readonly string[]) {
  const fields = new Map<string, string[]>()
  let isWhole = true
  for (const line of lines) {
    const [, name, value] = HEADER.exec(line) ?? []
    if (name === undefined) {
      isWhole = false
      continue
    }
    const values = fields.get(name.toLowerCase())
    if (values === undefined) fields.set(name.toLowerCase(), [value!.trim()])
    else values.push(value!.trim())
  }
  return { fields, isWhole }
}

/** Whether an answer may begin with these characters. Empty lines before it are read over. RFC 9112 section 2.2 */
export function beginsAnswer(text: string): boolean {
  const first = text.replace(/^(?:\r?\n)*(?:\r$)?/, '').slice(0, BEGINNING.length)
  return BEGINNING.startsWith(first)
}

/** Where the empty line behind a head ends; undefined if it did not come yet. */
export function endOfHead(text: string): number | undefined {
  const blank = /(?<=[^\r\n]\r?\n)\r?\n/.exec(text)
  return blank === null ? undefined : blank.index + blank[0].length
}
