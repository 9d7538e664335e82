import { lstatSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { changeNameServers } from '../../src/host/name-servers-file.js'
import { Journal, readJournal } from '../../src/host/record/journal.js'
import { undoAll } from '../../src/host/undo.js'
import { KeptLog, PARTS } from './parts.js'

const OWN = 'nameserver 192.0.2.1\noptions edns0\n'
const DNS = { servers: ['10.0.0.1', 'fd00::1'], search: ['example.org', 'lan'] }

describe('the file of name servers', () => {
  let folder: string
  let path: string
  let journal: Journal
  beforeEach(() => {
    folder = temporaryFolder()
    path = join(folder, 'resolv.conf')
    journal = new Journal(join(folder, 'journal'))
    writeFileSync(path, OWN)
  })

  const text = () => readFileSync(path, 'utf8')
  const parts = () => ({ ...PARTS, resolvConf: path })
  const change = () => changeNameServers(path, 'wg0', DNS, journal)

  it("is the tunnel's while it runs, and as before then", async () => {
    change()
    expect(text().split('\n').slice(1)).toEqual([
      'search example.org lan',
      'nameserver 10.0.0.1',
      'nameserver fd00::1',
      '',
    ])
    expect(await undoAll(journal.changes, parts())).toEqual([])
    expect(text()).toBe(OWN)
  })

  it('is restored by another process, from the journal alone', async () => {
    change()
    const { changes } = readJournal(join(folder, 'journal'))!
    await undoAll(changes, parts())
    expect(text()).toBe(OWN)
  })

  it('stays a link to where it led', async () => {
    renameSync(path, join(folder, 'elsewhere'))
    symlinkSync('elsewhere', path)
    change()
    await undoAll(journal.changes, parts())
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(text()).toBe(OWN)
  })

  it('is gone again where there was none', async () => {
    rmSync(path)
    change()
    const { changes } = readJournal(join(folder, 'journal'))!
    await undoAll(changes, parts())
    expect(() => text()).toThrow('ENOENT')
  })

  it('stays as somebody else wrote it in the meantime', async () => {
    change()
    writeFileSync(path, 'nameserver 192.0.2.2\n')
    const log = new KeptLog()
    expect(await undoAll(journal.changes, { ...parts(), log })).toEqual([])
    expect(text()).toBe('nameserver 192.0.2.2\n')
    expect(log.lines).toMatchObject([{ level: 'warn' }])
  })

  it('is restored where it was written in part', async () => {
    change()
    writeFileSync(path, text().slice(0, 20))
    await undoAll(journal.changes, parts())
    expect(text()).toBe(OWN)
  })
})
