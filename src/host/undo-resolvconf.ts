import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Change } from './record/change.js'

type ResolvconfChange = Extract<Change, { kind: 'resolvconf' }>

/**
 * Where resolvconf keeps what it was told, a file for each record: Debian's, and openresolv's before and after 3.13.
 */
const RECORDS = ['interface', 'interfaces', 'keys']
/** What openresolv from 3.13 on notes of records, in names such as `0000100 RECORD`. */
const NOTES = ['exclusive', 'metrics', 'private', 'deprecated']
export const RESOLVCONF_FOLDER = '/run/resolvconf'

/**
 * Takes a record back without the program resolvconf: its files are removed, and if `resolvConf` still names the servers
 * that it was told, what was there before comes back. Throws if a file cannot be removed or written.
 */
export function removeRecord(
  { before, record, servers = [] }: ResolvconfChange,
  resolvConf: string,
  folder = RESOLVCONF_FOLDER,
): void {
  for (const kind of RECORDS) rmSync(join(folder, kind, record), { force: true })
  for (const kind of NOTES) {
    for (const name of namesIn(join(folder, kind))) {
      if (name === record || name.endsWith(` ${record}`)) rmSync(join(folder, kind, name), { force: true })
    }
  }
  if (before === undefined || !existsSync(resolvConf)) return
  const now = readFileSync(resolvConf, 'utf8')
  const named = now
    .split('\n')
    .filter((line) => servers.some((server) => line.trim() === `nameserver ${server}`))
  if (now !== before && named.length > 0) writeFileSync(resolvConf, before)
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}
