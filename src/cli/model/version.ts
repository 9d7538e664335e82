import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from './package-folder.js'

/** The options that print the version, as commander reads them. */
export const VERSION_FLAGS = '-V, --version'
/** The words that print it, if nothing else stands there: users of other programs type the last two. */
export const VERSION_WORDS: readonly string[] = [...VERSION_FLAGS.split(', '), '-v', 'version']

/** Which program this is. */
export interface ProgramVersion {
  readonly version: string
  /** When it was installed, such as 2026-01-31. */
  readonly date: string
}

/** The version of the program that runs. */
export function readVersion(): ProgramVersion {
  const description = join(packageFolder(), 'package.json')
  const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version: string }
  return { version, date: statSync(description).mtime.toISOString().slice(0, 10) }
}
