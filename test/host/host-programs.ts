import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { lookFirstIn } from '../../src/native/process/programs.js'

/** Programs in the place of those that change a host, which only note what they are asked to do. */
export class HostPrograms {
  /** A folder of the test's own, where programs and their notes are. */
  readonly folder = temporaryFolder()
  /** The host's own programs are found again. */
  readonly remove = lookFirstIn(this.folder)

  constructor() {
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
}
