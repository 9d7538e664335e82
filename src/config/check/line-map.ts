import type { Path } from './problems.js'

/** In which line of a file things stand, by their paths. */
export class LineMap {
  readonly #lines = new Map<string, number>()

  /** Notes that what lies at `path` stands in `line`, counted from 1. The first place counts. */
  mark(path: Path, line: number): void {
    const key = keyOf(path)
    if (!this.#lines.has(key)) this.#lines.set(key, line)
  }

  /** The line of what lies at `path`, or of the nearest thing around it; undefined for the file. */
  lineOf(path: Path): number | undefined {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lines.get(keyOf(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return undefined
  }
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}
