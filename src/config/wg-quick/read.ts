import { LineMap } from '../check/line-map.js'
import type { Parsed } from '../check/parsed.js'
import { type Dialect, nameShown, type Path, type Problem, unknownKey } from '../check/problems.js'
import { PRIVATE_KEY_CIPHER } from '../schema/default-cipher.js'
import { wgQuickSchema } from '../schema/wg-quick.js'
import { keyNamed, SECTION_OF, type Section, WG_QUICK_KEYS, type WgQuickKey } from './keys.js'
import { fromText } from './values.js'

/** How a wg-quick file calls things. */
export const wgQuickDialect: Dialect = {
  describe([table, ...rest]) {
    const section = SECTION_OF[String(table)]
    if (section === undefined) return 'the file'
    const [index] = rest
    const where = typeof index === 'number' ? `[${section}] ${index + 1}` : `[${section}]`
    const key = rest.find((step) => typeof step === 'string')
    if (key === undefined) return where
    const name = WG_QUICK_KEYS[section].find((known) => known.key === key)?.name ?? key
    return `'${name}' in ${where}`
  },
  keyMayFollow: true,
}

/** A section that is being read. */
interface Open {
  readonly section: Section
  readonly path: Path
  readonly table: Record<string, unknown>
}

/** Reads a wg-quick file's text: sections, `Key = value`, comments that begin with `#`; case does not matter. */
export function readWgQuick(text: string): Parsed {
  return new Reader().read(text)
}

class Reader {
  readonly #problems: Problem[] = []
  readonly #lines = new LineMap()
  readonly #raw: { interface?: Record<string, unknown>; peer: Record<string, unknown>[] } = { peer: [] }
  #open: Open | undefined
  /** False in a section that is unknown, whose keys are not looked at. */
  #known = true
  #line = 0

  read(text: string): Parsed {
    for (const line of text.split('\n')) {
      this.#line++
      const content = line.replace(/#.*/, '').trim()
      if (content === '') continue
      const header = /^\[(.*)\]$/.exec(content)
      if (header !== null) this.#header(header[1]!.trim())
      else this.#pair(content)
    }
    const own = this.#raw.interface
    if (own !== undefined && own['private-key'] === undefined) own.cipher = PRIVATE_KEY_CIPHER
    return {
      schema: wgQuickSchema,
      raw: this.#raw,
      dialect: wgQuickDialect,
      lineOf: (path) => this.#lines.lineOf(path),
      problems: this.#problems,
    }
  }

  #header(name: string): void {
    const section = SECTION_OF[name.toLowerCase()]
    this.#known = section !== undefined
    if (section === undefined) {
      this.#complain(`unknown section ${nameShown(name)}; known are [Interface] and [Peer]`)
      return
    }
    const table: Record<string, unknown> = {}
    let path: Path = ['interface']
    if (section === 'Peer') path = ['peer', this.#raw.peer.push(table) - 1]
    else if (this.#raw.interface === undefined) this.#raw.interface = table
    else this.#complain(`[Interface] is there twice; the first is in line ${this.#lines.lineOf(path)}`)
    this.#open = { section, path, table }
    this.#mark(path)
  }

  #pair(content: string): void {
    const at = content.indexOf('=')
    const open = this.#open
    // A line without a key may be a key that was broken into two lines, so it is not shown.
    if (at < 1) this.#complain("the line is neither a [section] nor 'Key = value'")
    else if (open === undefined && this.#known) this.#complain('the line stands before the first [section]')
    else if (open !== undefined && this.#known)
      this.#assign(open, content.slice(0, at).trim(), content.slice(at + 1).trim())
  }

  #assign(open: Open, name: string, value: string): void {
    const key = keyNamed(open.section, name)
    if (key === undefined) this.#complain(this.#unknown(name, open.section))
    else if (value === '' && key.form !== 'list') this.#complain(`'${key.name}' has no value`)
    else this.#set(open, key, value)
  }

  #set({ section, path, table }: Open, { name, key, form }: WgQuickKey, text: string): void {
    const at = [...path, key]
    const before = table[key]
    const value = fromText(key, form, text)
    if (before === undefined) table[key] = value
    else if (Array.isArray(before) && Array.isArray(value) && form !== 'port')
      table[key] = [...before, ...value]
    else
      this.#complain(
        `'${name}' is given twice in [${section}]; the first is in line ${this.#lines.lineOf(at)}`,
      )
    this.#mark(at)
    const items = Array.isArray(value) ? (table[key] as unknown[]).length : 0
    for (let item = 0; item < items; item++) this.#mark([...at, item])
  }

  #unknown(name: string, section: Section): string {
    const other = section === 'Peer' ? 'Interface' : 'Peer'
    const elsewhere = keyNamed(other, name)
    const homes = new Map(elsewhere === undefined ? [] : [[name, `in [${other}]`]])
    return unknownKey(
      name,
      `in [${section}]`,
      WG_QUICK_KEYS[section].map((key) => key.name),
      homes,
    )
  }

  #complain(text: string): void {
    this.#problems.push({ line: this.#line, text })
  }

  #mark(path: Path): void {
    this.#lines.mark(path, this.#line)
  }
}
