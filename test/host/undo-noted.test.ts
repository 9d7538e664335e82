import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { NO_HOOKS } from '../../src/core/settings/host-settings.js'
import { changeSetting } from '../../src/host/kernel/kernel-setting.js'
import { Journal, readJournal } from '../../src/host/record/journal.js'
import { type AnswerTools, undoNoted } from '../../src/host/undo-noted.js'
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

  it('has tools answered while PreDown runs, and no longer, with the mark that is noted', async () => {
    const folder = temporaryFolder()
    const [before, after] = [join(folder, 'before'), join(folder, 'after')]
    const hooks = { ...NO_HOOKS, preDown: [`echo > ${before}`], postDown: [`echo > ${after}`] }
    await inNewNetwork(async () => {
      for (const marked of [
        { kind: 'mark', mark: 7 },
        { kind: 'rule', family: 4, priority: 1, mark: 7, table: 51_820 },
      ] as const) {
        const journal = new Journal(join(folder, marked.kind))
        for (const name of ['PostDown', 'PreDown'] as const)
          journal.note({ kind: 'hooks', name, device: 'q0' })
        journal.note(marked)
        const seen: unknown[] = []
        const answerTools: AnswerTools = async (...asked) => {
          seen.push([...asked, existsSync(before)])
          return async () => void seen.push(['ended', existsSync(before), existsSync(after)])
        }
        await undoNoted(journal, journal.changes.slice(0, 2), { ...PARTS, hooks, answerTools })
        expect(seen).toEqual([
          ['q0', 7, false],
          ['ended', true, false],
        ])
        expect(existsSync(after)).toBe(true)
        for (const file of [before, after]) rmSync(file)
      }
    })
  })

  it('has nobody answered if there is no PreDown', async () => {
    const journal = new Journal(join(temporaryFolder(), 'a.journal'))
    journal.note({ kind: 'hooks', name: 'PreDown', device: 'q0' })
    const answerTools = () => Promise.reject(new Error('asked'))
    await undoNoted(journal, journal.changes.slice(), { ...PARTS, answerTools })
    expect(journal.changes).toEqual([])
  })
})
