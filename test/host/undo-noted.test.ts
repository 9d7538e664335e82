import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { changeSetting } from '../../src/host/kernel/kernel-setting.js'
import { Journal, readJournal } from '../../src/host/record/journal.js'
import { undoNoted } from '../../src/host/undo-noted.js'
import { inNewNetwork, namespacesMissing } from '../support/network-namespace.js'
import { PARTS } from './parts.js'

const VALID_MARK = '/proc/sys/net/ipv4/conf/all/src_valid_mark'
const missing = namespacesMissing()

describe.skipIf(missing)(`what a journal notes${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('is restored if all tunnels that share it end at once, each counting on none of the others', async () => {
    const folder = temporaryFolder()
    await inNewNetwork(async () => {
      const journals = ['a', 'b', 'c'].map((name) => new Journal(join(folder, `${name}.journal`)))
      for (const journal of journals) changeSetting(VALID_MARK, '1', journal)
      await Promise.all(journals.map((journal) => undoNoted(journal, journal.changes.slice(), PARTS)))
      expect(readFileSync(VALID_MARK, 'utf8').trim()).toBe('0')
      expect(journals.flatMap(({ changes }) => changes)).toEqual([])
    })
  })

  it('is undone in part: the rest stays noted', async () => {
    const path = join(temporaryFolder(), 'a.journal')
    await inNewNetwork(async () => {
      const journal = new Journal(path)
      const hook = { kind: 'hooks', name: 'PostDown', device: 'q0' } as const
      changeSetting(VALID_MARK, '1', journal)
      journal.note(hook)
      expect(await undoNoted(journal, journal.changes.slice(0, 1), PARTS)).toEqual({
        failed: [],
        isWritten: true,
      })
      expect(readJournal(path)!.changes).toEqual([hook])
    })
  })
})
