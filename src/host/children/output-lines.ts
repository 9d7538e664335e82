/** Characters of a line that are kept; the rest of it is dropped. */
export const MAX_LINE = 8_192

/** Cuts what a program writes into lines, each bounded, so that one that never ends its line takes no memory. */
export class OutputLines {
  readonly #take: (line: string) => void
  #begun = ''

  constructor(take: (line: string) => void) {
    this.#take = take
  }

  push(text: string): void {
    const [first = '', ...others] = text.split('\n')
    this.#keep(first)
    for (const next of others) {
      this.end()
      this.#keep(next)
    }
  }

  /** A line is over, or the output is. */
  end(): void {
    const line = this.#begun.replace(/\r$/, '')
    this.#begun = ''
    if (line !== '') this.#take(line)
  }

  #keep(text: string): void {
    this.#begun += text.slice(0, MAX_LINE - this.#begun.length)
  }
}
