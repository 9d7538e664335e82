import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** The package's own description, seen from where this file is when built: dist/src/cli. */
const PACKAGE = join(import.meta.dirname, '../../../../package.json')

/** Which program this is. */
export interface ProgramVersion {
  readonly version: string
  /** When it was installed, such as 2026-01-31. */
  readonly date: string
}

/** The version of the program that runs. */
export function readVersion(): ProgramVersion {
  const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }
  return { version, date: statSync(PACKAGE).mtime.toISOString().slice(0, 10) }
}
