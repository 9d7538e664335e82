import type { Format } from '../schema/formats.js'
import { TomlPositions } from '../toml/positions.js'
import { SECTIONS } from '../wg-quick/keys.js'

/** Lines of a table, counted from 0: its header, and behind its last key. */
interface Extent {
  readonly start: number
  readonly end: number
}

/** A key as a format writes it, and its value. */
export interface Entry {
  readonly key: string
  /** As it is written; undefined: the key goes. */
  readonly value: string | undefined
}

/** A header of a table in a wg-quick file. */
const SECTION = /^\s*\[\s*([^\]]*?)\s*\]/
/** What comes to nothing: an empty line, or a comment alone. */
const NOTHING = /^\s*(#|$)/
/** A name behind the header of a peer in a wg-quick file, where "add-client" puts it. */
const NAME = /^\s*#\s*(.*?)\s*$/

/**
 * A file's lines, to change single ones. All others stay as they are, comments among them. Reading the changed text tells
 * whether the change came out as it was meant: strings that look like keys are not told apart.
 */
export class FileLines {
  readonly #lines: string[]
  readonly #format: Format
  /** Extents by the table's name. */
  readonly #tables = new Map<string, Extent[]>()

  constructor(format: Format, text: string) {
    this.#format = format
    this.#lines = text.split('\n')
    const headers = format === 'toml' ? tomlHeaders(text) : this.#sections()
    for (const [index, { name, start }] of headers.entries()) {
      let end = headers[index + 1]?.start ?? this.#lines.length
      while (end > start + 1 && NOTHING.test(this.#lines[end - 1]!)) end--
      this.#tables.set(name, [...(this.#tables.get(name) ?? []), { start, end }])
    }
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  /** How many tables of that name there are. */
  count(table: string): number {
    return this.#tables.get(table)?.length ?? 0
  }

  /** What stands behind the headers of peers as comments, which names them in wg-quick files. */
  get peerComments(): readonly (string | undefined)[] {
    return (this.#tables.get('peer') ?? []).map(({ start }) => NAME.exec(this.#lines[start + 1] ?? '')?.[1])
  }

  /** Takes a table out, with one of the empty lines around it. Extents are stale afterwards. */
  remove(table: string, index: number): void {
    const { end, start } = this.#tables.get(table)![index]!
    const isEmpty = (at: number) => this.#lines[at]?.trim() === ''
    const isLast = this.#lines.slice(end).every((line) => line.trim() === '')
    const from = isLast && isEmpty(start - 1) ? start - 1 : start
    const to = !isLast && isEmpty(end) ? end + 1 : end
    this.#lines.splice(from, to - from)
  }

  /** Gives a key of a table another value, adds it behind the others, or takes it out. Extents are stale afterwards. */
  set(table: string, index: number, { key, value }: Entry): void {
    const { end, start } = this.#tables.get(table)![index]!
    const isKey = new RegExp(`^(\\s*["']?${key}["']?\\s*=\\s*)("[^"]*"|'[^']*'|[^\\s#]+)`, 'i')
    const at = this.#lines.findIndex((line, at) => at > start && at < end && isKey.test(line))
    if (at < 0 && value === undefined) return
    const ending = this.#lines[start]!.endsWith('\r') ? '\r' : ''
    if (at < 0) this.#lines.splice(end, 0, `${key} = ${value}${ending}`)
    else if (value === undefined) this.#lines.splice(at, 1)
    else this.#lines[at] = this.#lines[at]!.replace(isKey, (_all, before: string) => before + value)
  }

  #sections(): { name: string; start: number }[] {
    return this.#lines.flatMap((line, start) => {
      const name = SECTION.exec(line)?.[1]?.toLowerCase()
      return name !== undefined && SECTIONS.has(name) ? [{ name, start }] : []
    })
  }

  /** A value as the file's format writes a text. */
  textOf(value: string): string {
    return this.#format === 'toml' ? JSON.stringify(value) : value
  }
}

function tomlHeaders(text: string): { name: string; start: number }[] {
  return new TomlPositions(text).headers.map(({ line, names }) => ({
    name: names.join('.'),
    start: line - 1,
  }))
}
