import { LineMap } from '../check/line-map.js'
import type { Path } from '../check/problems.js'

/** A bare key, a date or a number: what needs no quotes. */
const BARE = /[^\s.=,[\]{}#"']/

/**
 * The lines of tables, keys and list items in a text that is known to be TOML 1.0, so it is read without care.
 * TOML readers tell where a text is wrong, but not where a value stood that the schema refuses.
 */
export class TomlPositions {
  readonly lines = new LineMap()
  /** Where each table begins, in order: its names, and the line of its header. */
  readonly headers: { readonly names: readonly string[]; readonly line: number }[] = []
  readonly #text: string
  /** How many tables each list of tables has so far, by its names. */
  readonly #tables = new Map<string, number>()
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text
    let table: Path = []
    while (this.#skipSpace()) {
      if (this.#next === '[') table = this.#header()
      else this.#pair(table)
    }
  }

  get #next(): string | undefined {
    return this.#text[this.#at]
  }

  /** `[a.b]` or `[[a.b]]`: where the pairs below belong. */
  #header(): Path {
    const list = this.#text.startsWith('[[', this.#at)
    this.#at += list ? 2 : 1
    const names = this.#names()
    this.headers.push({ names, line: this.#line })
    this.#at += list ? 2 : 1
    let path: Path = []
    for (const [index, name] of names.entries()) {
      path = [...path, name]
      this.#mark(path)
      const last = index === names.length - 1
      const key = JSON.stringify(path)
      if (last && list) this.#tables.set(key, (this.#tables.get(key) ?? 0) + 1)
      const count = this.#tables.get(key)
      if (count !== undefined) path = [...path, count - 1]
    }
    this.#mark(path)
    return path
  }

  /** `a.b = value`. */
  #pair(table: Path): void {
    let path = table
    for (const name of this.#names()) {
      path = [...path, name]
      this.#mark(path)
    }
    this.#at++ // the equals sign
    this.#skipSpace()
    this.#value(path)
  }

  #value(path: Path): void {
    if (this.#next === '[') this.#list(path)
    else if (this.#next === '{') this.#inlineTable(path)
    else if (this.#next === '"' || this.#next === "'") this.#string()
    else this.#run(/[^,\]}#\n]/)
  }

  #list(path: Path): void {
    this.#at++
    for (let index = 0; this.#skipSpace() && this.#next !== ']'; index++) {
      this.#mark([...path, index])
      this.#value([...path, index])
      this.#skipComma()
    }
    this.#at++
  }

  #inlineTable(path: Path): void {
    this.#at++
    while (this.#skipSpace() && this.#next !== '}') {
      this.#pair(path)
      this.#skipComma()
    }
    this.#at++
  }

  /** The names of a dotted key; stands behind it and its spaces afterwards. */
  #names(): string[] {
    const names: string[] = []
    for (;;) {
      this.#skipSpace()
      names.push(this.#next === '"' || this.#next === "'" ? this.#string() : this.#run(BARE))
      this.#skipSpace()
      if (this.#next !== '.') return names
      this.#at++
    }
  }

  /** The characters that are of a kind, or else the next one: never to stand still, whatever the text is. */
  #run(kind: RegExp): string {
    const start = this.#at
    do this.#at++
    while (this.#next !== undefined && kind.test(this.#next))
    return this.#text.slice(start, this.#at)
  }

  /** A string of any of the four kinds; its text as it is written, which is right for keys without escapes. */
  #string(): string {
    const quote = this.#next!
    const long = this.#text.startsWith(quote.repeat(3), this.#at)
    const end = long ? quote.repeat(3) : quote
    const start = this.#at + end.length
    this.#at = start
    while (this.#next !== undefined && !this.#text.startsWith(end, this.#at)) {
      if (this.#next === '\\' && quote === '"') this.#at++
      if (this.#next === '\n') this.#line++
      this.#at++
    }
    const text = this.#text.slice(start, this.#at)
    this.#at += end.length
    while (long && this.#next === quote) this.#at++ // up to two quotes may stand before the closing ones
    return text
  }

  #skipComma(): void {
    this.#skipSpace()
    if (this.#next === ',') this.#at++
  }

  /** Skips spaces, ends of lines and comments; false at the end of the text. */
  #skipSpace(): boolean {
    for (; this.#next !== undefined; this.#at++) {
      if (this.#next === '#')
        while (this.#text[this.#at + 1] !== undefined && this.#text[this.#at + 1] !== '\n') this.#at++
      else if (this.#next === '\n') this.#line++
      else if (!/\s/.test(this.#next)) return true
    }
    return false
  }

  #mark(path: Path): void {
    this.lines.mark(path, this.#line)
  }
}
