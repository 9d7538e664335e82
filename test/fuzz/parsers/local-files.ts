import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeTemporaryFolders, temporaryFolder } from '../../../lab/temporary-folder.js'
import { runningOwner } from '../../../src/control/lock-owner.js'
import { startOf } from '../../../src/control/process-start.js'
import { allRuns, lockRun } from '../../../src/control/run-lock.js'
import { parseChange } from '../../../src/host/record/change.js'
import { readJournal } from '../../../src/host/record/journal.js'
import { expectThat, type FuzzParser } from '../../support/fuzz/fuzz-parser.js'

// biome-ignore format: words
const WORDS = [
  '"', '\\', '\\u0000', '{', '}', '[', ']', 'null', 'true', '-1', '1e999', ',', ':', '/../', '..', '-f', '$(id)', ';', '|/bin/sh',
  '"__proto__":', '"kind":', '"hooks"', '"firewall"', '"setting"', '/etc/passwd', '\n', '"file":"/etc/foreign.toml"', '0', '4294967296',
]
const CHANGES = [
  { kind: 'mark', mark: 7 },
  { kind: 'table', family: 4, table: 51_820 },
  { kind: 'rule', family: 6, priority: 7, mark: 7, table: 51_821 },
  { kind: 'rule', family: 4, words: ['priority', '7', 'table', '7'] },
  { kind: 'firewall', table: 'qanat-wg0' },
  { kind: 'setting', path: '/proc/sys/net/ipv4/ip_forward', before: '0', after: '1' },
  { kind: 'name-servers', before: null, after: 'nameserver 10.0.0.1\n' },
  { kind: 'resolvconf', record: 'wg0' },
  { kind: 'hooks', name: 'PostDown', device: 'wg0' },
]

const HEADERS = [
  'net:[4026531840]',
  '{"boot":"3f0c7a52-0d2b-4b43-9a53-d1f1f0a4b0a1","cookie":"1","mount":4026531841,"network":4026531840}',
]

/** A lock in the folder of a service, which its user writes. */
export const lock: FuzzParser = {
  name: 'lock',
  about: 'locks, which the user of a service writes and root reads',
  share: 600,
  start() {
    const folder = temporaryFolder()
    const own = join(folder, 'service')
    const file = join(folder, 'a.toml')
    writeFileSync(file, '')
    const { path } = lockRun(file, own)
    const genuine = JSON.stringify({ file, pid: process.pid, started: startOf(process.pid) })
    return {
      round(chance) {
        writeFileSync(path, chance.mutateText(genuine, WORDS))
        const owner = runningOwner(path)
        expectThat(owner === undefined || owner.pid === process.pid, 'another process has it')
        for (const run of allRuns(folder)) expectThat(run.file === file, `it claims ${run.file}`)
      },
      close: removeTemporaryFolders,
    }
  },
}

/** A journal, which a tunnel that dropped root can write and root undoes. */
export const journal: FuzzParser = {
  name: 'journal',
  about: 'journals, which a tunnel writes that dropped root and root undoes',
  share: 3_000,
  start() {
    const path = join(temporaryFolder(), 'wg0.journal')
    return {
      round(chance) {
        const lines = chance.some(4, () => chance.mutateText(JSON.stringify(chance.pick(CHANGES)), WORDS))
        for (const line of lines) harmless(parseChange(line))
        if (!chance.happens(0.1)) return
        const header = chance.pick(HEADERS)
        const snapshot = JSON.stringify({ left: chance.some(3, () => chance.pick(CHANGES)) })
        writeFileSync(path, chance.mutateText([header, ...lines, snapshot, ...lines, ''].join('\n'), WORDS))
        for (const change of readJournal(path)?.changes ?? []) harmless(change)
      },
      close: removeTemporaryFolders,
    }
  },
}

/** No word that a program would take for an option, no path but of the network's settings, no shell. */
function harmless(change: ReturnType<typeof parseChange>): void {
  if (change === undefined) return
  const { kind } = change
  if (kind === 'setting') {
    expectThat(/^\/proc\/sys\/net\/ipv[46]\/[^\0]*$/.test(change.path), `it names ${change.path}`)
    expectThat(!change.path.split('/').includes('..'), `it names ${change.path}`)
  } else if (kind === 'firewall')
    expectThat(/^qanat-[\w.=+@-]{1,15}$/.test(change.table), `a table ${change.table}`)
  else if (kind === 'hooks')
    expectThat(/^[^-\s$;|&/][^\s$;|&/]*$/.test(change.device), `a device ${change.device}`)
  else if (kind === 'resolvconf') expectThat(/^\w[\w.-]*$/.test(change.record), `a record ${change.record}`)
  else if (kind === 'worded-rule')
    expectThat(
      change.words.every((word) => /^\w+$/.test(word)),
      `${change.words}`,
    )
}
