import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fixture, type LabHost, QANAT, REACHED } from '../../lab/lab.js'
import type { Program, ProgramOptions } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'

const DEPENDENCIES = join(import.meta.dirname, '../../node_modules')

/** A version of Qanat, and the lines of its log by which tests know how far it is. */
export interface Version {
  readonly name: string
  /** Its command line. */
  readonly main: string
  readonly listening: string
  readonly reached: string
  readonly deviceUp: string
}

/** The program of today. */
export const TODAY: Version = {
  name: 'today',
  main: QANAT,
  listening: 'listening',
  reached: REACHED,
  deviceUp: 'TUN device is up',
}

/** The program as it was packed at 0.1.0, in a folder of its own. */
export class OldProgram implements Version {
  readonly name = '0.1.0'
  readonly listening = 'listening'
  readonly reached = 'peer is reached'
  readonly deviceUp = 'TUN device is up'
  readonly main: string
  readonly #folder = temporaryFolder()

  constructor() {
    execFileSync('tar', ['-xzf', fixture('old-qanat/qanat-0.1.0.tgz'), '-C', this.#folder])
    symlinkSync(DEPENDENCIES, join(this.#folder, 'package/node_modules'))
    this.main = join(this.#folder, 'package/dist/src/cli/main.js')
  }
}

/** Starts a version on a host. */
export function startOn(
  host: LabHost,
  { main }: Version,
  args: readonly string[],
  options?: ProgramOptions,
): Program {
  return host.start(process.execPath, [main, ...args], options)
}
