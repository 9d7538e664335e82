import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from './record/change.js'

type ResolvconfChange = Extract<Change, { kind: 'resolvconf' }>

/** Where resolvconf keeps what it was told. */
const FOLDER = '/run/resolvconf'
/** Folders in it that have a file for each record: Debian's, and openresolv's before and from 3.13 on. */
const RECORDS = ['interface', 'interfaces', 'keys']
/** Folders in it of openresolv from 3.13 on, whose files have names such as `0000100 RECORD`. */
const NOTES = ['exclusive', 'metrics', 'private', 'deprecated']

/**
 * Takes a record back without the program resolvconf: its files are removed, and if `resolvConf` still names the servers
 * that it was told, the text of before is restored. Throws if a file cannot be removed or written.
 */
export function removeRecord(
  { before, record, servers = [] }: ResolvconfChange,
  resolvConf: string,
  folder = FOLDER,
): void {
  for (const kind of RECORDS) rmSync(join(folder, kind, record), { force: true })
  for (const kind of NOTES) {
    for (const name of namesIn(join(folder, kind))) {
      if (name === record || name.endsWith(` ${record}`)) rmSync(join(folder, kind, name), { force: true })
    }
  }
  if (before === undefined || !existsSync(resolvConf)) return
  const now = readFileSync(resolvConf, 'utf8')
  const lines = now.split('\n').map((line) => line.trim())
  const namesThem = servers.some((server) => lines.includes(`nameserver ${server}`))
  if (now !== before && namesThem) writeFileSync(resolvConf, before)
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
