import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { temporaryFolder } from '../../lab/temporary-folder.js'

/** Programs in the place of those that change a host, which only note what they are asked to do. */
export class HostPrograms {
  /** A folder of the test's own, where programs and their notes are. */
  readonly folder = temporaryFolder()
  readonly #path = process.env.PATH

  constructor() {
    process.env.PATH = `${this.folder}${delimiter}${this.#path}`
    for (const name of ['ip', 'nft', 'resolvconf']) this.ends(name, 'exit 0')
  }

  /** How a program ends from now on, in the words of a shell. */
  ends(name: string, end: string): void {
    writeFileSync(join(this.folder, name), `#!/bin/sh\necho ${name} "$*" >> ${this.notes}\n${end}\n`)
    chmodSync(join(this.folder, name), 0o700)
  }

  /** The file of the notes, for commands of a test that are to be among them. */
  get notes(): string {
    return join(this.folder, 'notes')
  }

  /** What was asked for so far, with the program's name. */
  get asked(): string[] {
    return existsSync(this.notes) ? readFileSync(this.notes, 'utf8').trim().split('\n') : []
  }

  /** The host's own programs are found again. */
  remove(): void {
    process.env.PATH = this.#path
  }
}
