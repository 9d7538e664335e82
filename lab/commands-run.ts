import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where a system keeps its programs. */
const FOLDERS = ['/usr/sbin', '/usr/bin']

/** Counts how often programs are started, by others that are mounted over them. */
export class CommandsRun {
  /** What comes before a command whose programs are to be counted; the command has a mount namespace of its own. */
  readonly counting: readonly string[]
  readonly #file: string

  /** @param folder empty, and removed by the caller. Programs that are not installed are passed over. */
  constructor(folder: string, programs: readonly string[]) {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    this.#file = join(folder, 'commands')
    const mounts: string[] = []
    for (const program of programs) {
      const real = FOLDERS.map((folder) => join(folder, program)).find((path) => existsSync(path))
      if (real === undefined) continue
      const [copy, script] = [join(bin, `${program}.real`), join(bin, program)]
      copyFileSync(real, copy)
      writeFileSync(script, `#!/bin/sh\necho "${program} $*" >> '${this.#file}'\nexec '${copy}' "$@"\n`)
      for (const path of [copy, script]) chmodSync(path, 0o755)
      mounts.push(`mount --bind '${script}' '${real}'`)
    }
    this.counting = ['sh', '-c', [...mounts, 'exec "$@"'].join(' && '), 'sh']
  }

  /** A line each: the program and its arguments. */
  get lines(): string[] {
    return existsSync(this.#file) ? readFileSync(this.#file, 'utf8').trim().split('\n') : []
  }
}
