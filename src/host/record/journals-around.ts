import { type Dirent, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { JOURNAL_ENDING, SHARED_RUN_FOLDER } from '../../core/settings/run-files.js'

/** The folder, those of services in it, and if it is one of those, the one around it and theirs. */
export function foldersAround(folder: string): string[] {
  const around = dirname(folder)
  const top = basename(around) === SHARED_RUN_FOLDER ? around : folder
  return [...new Set([folder, top, ...foldersIn(top)])]
}

function foldersIn(folder: string): string[] {
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
}

/** The journals in a folder; none if it cannot be read. */
export function journalsIn(folder: string): string[] {
  return entriesOf(folder)
    .filter(({ name }) => name.endsWith(JOURNAL_ENDING))
    .map(({ name }) => join(folder, name))
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}
