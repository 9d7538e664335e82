import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Counts how often programs are started, by others of the same names that come first in PATH. */
export class CommandsRun {
  /** As env(1) takes it, for those whose programs are to be counted. */
  readonly path: string
  readonly #file: string

  /** @param folder empty, and removed by the caller. */
  constructor(folder: string, programs: readonly string[]) {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    this.#file = join(folder, 'commands')
    const others = process.env.PATH ?? ''
    for (const program of programs) {
      const script = `#!/bin/sh\necho "${program} $*" >> '${this.#file}'\nPATH='${others}' exec ${program} "$@"\n`
      writeFileSync(join(bin, program), script)
      chmodSync(join(bin, program), 0o755)
    }
    this.path = `PATH=${bin}:${others}`
  }

  /** A line each: the program and its arguments. */
  get lines(): string[] {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8').trim().split('\n') : []
  }
}
