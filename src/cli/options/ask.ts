import { createInterface, type Interface } from 'node:readline/promises'
import type { Question } from '../../config/init/questions.js'
import { ConfigError } from '../../core/api/errors.js'
import { remark } from '../output/output.js'

/** Asks on standard error, so that standard output holds nothing but results. */
export class Terminal {
  readonly #lines: Interface
  readonly #closed = new AbortController()

  constructor() {
    this.#lines = createInterface({ input: process.stdin, output: process.stderr })
    // Ctrl-C and Ctrl-D; a question that waits would never be answered.
    this.#lines.on('close', () => this.#closed.abort())
  }

  /**
   * The line that is typed in answer.
   *
   * @throws ConfigError if the terminal is closed instead.
   */
  async question(text: string): Promise<string> {
    try {
      return (await this.#lines.question(text, { signal: this.#closed.signal })).trim()
    } catch (thrown) {
      const message = 'Cannot go on without an answer: nothing was written'
      throw new ConfigError(message, { code: 'ERR_CONFIG_MISSING', cause: thrown })
    }
  }

  close(): void {
    this.#lines.close()
  }
}

/** A right answer to a question, which is asked until there is one; an empty line takes the usual one. */
export async function ask(terminal: Terminal, { text, usual, wrong }: Question): Promise<string> {
  for (;;) {
    const typed = await terminal.question(usual === undefined ? `${text}: ` : `${text} [${usual}]: `)
    const answer = typed === '' && usual !== undefined ? usual : typed
    const why = wrong(answer)
    if (why === undefined) return answer
    remark(`'${answer}' is wrong, ${why}`)
  }
}
