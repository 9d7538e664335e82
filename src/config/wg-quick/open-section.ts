import type { Path } from '../check/problems.js'
import type { Section, WgQuickKey } from './keys.js'

/** A value, or one item of a list, and the line that has it. */
interface Item {
  readonly value: unknown
  /** As the file writes it, if that is not the value itself. */
  readonly text: string | undefined
  readonly line: number
}

/** What a section says of a key. */
interface Entry {
  readonly isList: boolean
  readonly items: Item[]
  /** The line that it begins in, even if it holds nothing. */
  readonly line: number
}

/** A section as far as it was read. */
export class OpenSection {
  readonly section: Section
  /** The line of its header. */
  readonly line: number
  readonly #entries = new Map<string, Entry>()

  constructor(section: Section, line: number) {
    this.section = section
    this.line = line
  }

  /** As a TOML file would say it. */
  get table(): Record<string, unknown> {
    const entries = [...this.#entries].map(([key, { isList, items }]) => {
      const values = items.map(({ value }) => value)
      return [key, isList ? values : values[0]]
    })
    return Object.fromEntries(entries)
  }

  /**
   * Notes what a line says of a key. A key that takes several values keeps the earlier ones, but of endpoints without a
   * scheme, as wg knows them, the last counts.
   *
   * @returns the line of the value that this one replaces; undefined if there is none.
   */
  set({ key, form }: WgQuickKey, value: unknown, text: string, line: number): number | undefined {
    const before = this.#entries.get(key)
    const isList = Array.isArray(value)
    const written = form === 'port' || form === 'endpoints' ? text : undefined
    const items = (isList ? value : [value]).map((one): Item => ({ value: one, text: written, line }))
    if (isList && form !== 'port' && before !== undefined) {
      const at = form === 'endpoints' && isWgs(text) ? before.items.findIndex((item) => isWgs(item.text)) : -1
      const [replaced] = at < 0 ? [] : before.items.splice(at, 1)
      before.items.push(...items)
      return replaced?.line
    }
    this.#entries.set(key, { isList, items, line })
    return before?.line
  }

  /** Forgets what was said of a key. */
  unset({ key }: WgQuickKey): void {
    this.#entries.delete(key)
  }

  /**
   * Takes over what a later section of the same peer says. wg applies one after the other, and the later one
   * replaces all that the peer owns, even if it names nothing.
   */
  takeOver(later: OpenSection): void {
    this.#entries.set('allowed-ips', { isList: true, items: [], line: later.line })
    for (const [key, entry] of later.#entries) this.#entries.set(key, entry)
  }

  /** The line of what lies at a path within the section. */
  lineOf([key, item]: Path): number {
    const entry = this.#entries.get(String(key))
    const within = typeof item === 'number' ? entry?.items[item] : undefined
    return within?.line ?? entry?.line ?? this.line
  }

  /** What the file writes for the value at a path within the section; undefined if that is the value itself. */
  textOf([key, item]: Path): string | undefined {
    return this.#entries.get(String(key))?.items[typeof item === 'number' ? item : 0]?.text
  }
}

/** Whether wg would read an endpoint. */
function isWgs(text: string | undefined): boolean {
  return text?.includes('://') === false
}
