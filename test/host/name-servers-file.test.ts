import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { changeNameServers, restoreForgottenNameServers } from '../../src/host/name-servers-file.js'
import { Journal, readJournal } from '../../src/host/record/journal.js'
import { undoAll } from '../../src/host/undo.js'
import { KeptLog, PARTS } from './parts.js'

const OWN = 'nameserver 192.0.2.1\noptions edns0\n'
const DNS = { servers: ['10.0.0.1', 'fd00::1'], search: ['example.org', 'lan'] }

describe('the file of name servers', () => {
  let folder: string
  let path: string
  let journal: Journal
  let log: KeptLog
  let state: string
  beforeEach(() => {
    folder = temporaryFolder()
    path = join(folder, 'resolv.conf')
    journal = new Journal(join(folder, 'journal'))
    log = new KeptLog()
    state = join(folder, 'state')
    process.env.STATE_DIRECTORY = state
    writeFileSync(path, OWN)
  })

  const text = () => readFileSync(path, 'utf8')
  const parts = () => ({ ...PARTS, resolvConf: path })
  const change = () => changeNameServers(path, 'wg0', DNS, journal, log)

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

  it.each([
    ['the first one', [0, 1, 2]],
    ['the last one', [2, 1, 0]],
    ['the one between', [1, 0, 2]],
    ['the one between, then the last one', [1, 2, 0]],
  ])(
    'is that of a tunnel which runs when %s of three ends, and as before when all have',
    async (_who, order) => {
      const tunnels = ['a', 'b', 'c'].map((name) => {
        const own = new Journal(join(folder, `${name}.journal`))
        changeNameServers(path, name, { ...DNS, search: [name] }, own, log)
        return { name, own }
      })
      const running = new Set(tunnels)
      for (const number of order) {
        const tunnel = tunnels[number]!
        const believedOthers = () => tunnel.own.believedOthers()
        tunnel.own.settle(await undoAll(tunnel.own.changes, { ...parts(), log, believedOthers }))
        running.delete(tunnel)
        const [, search] = /^search (.*)$/m.exec(text()) ?? []
        if (running.size === 0) expect(text()).toBe(OWN)
        else expect([...running].map(({ name }) => name)).toContain(search)
      }
      expect(log.lines).toEqual([])
      expect(readdirSync(state)).toEqual([])
    },
  )

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

  it('is made where a link leads to that is there without it, and only the link stays', async () => {
    rmSync(path)
    symlinkSync('elsewhere', path)
    change()
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toMatch(/nameserver 10\.0\.0\.1/)
    expect(await undoAll(journal.changes, parts())).toEqual([])
    expect(readlinkSync(path)).toBe('elsewhere')
    expect(() => text()).toThrow('ENOENT')
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

  it('is restored where a kill cut the writing of it, or the putting back, at any byte', async () => {
    for (const own of [OWN, `${OWN.repeat(20)}# long\n`, '']) {
      writeFileSync(path, own)
      journal = new Journal(join(folder, 'journal'))
      change()
      const { changes } = readJournal(join(folder, 'journal'))!
      const after = text()
      for (const [from, to] of [
        [own, after],
        [after, own],
      ] as const) {
        for (let count = 0; count <= to.length; count++) {
          writeFileSync(path, to.slice(0, count) + from.slice(count))
          await undoAll(changes, { ...parts(), log })
          expect(text()).toBe(own)
        }
      }
      journal.settle([])
    }
    expect(log.lines).toEqual([])
  })

  describe('of which no journal tells any more', () => {
    const forgotten = () => {
      change()
      journal.settle([])
      endWriter()
    }
    /** As after a power cut: the process that wrote the file is none of this start of the host. */
    const endWriter = () => writeFileSync(path, text().replace(/boot=\S+/, 'boot=another'))

    it('is put back from the disk, and nothing is left there', () => {
      forgotten()
      expect(readdirSync(state)).toHaveLength(1)
      expect(restoreForgottenNameServers(path, log)).toBe(true)
      expect(text()).toBe(OWN)
      expect(readdirSync(state)).toEqual([])
      expect(restoreForgottenNameServers(path, log)).toBe(false)
    })

    it('is put back where it was empty, or missing', () => {
      writeFileSync(path, '')
      forgotten()
      restoreForgottenNameServers(path, log)
      expect(text()).toBe('')
      rmSync(path)
      forgotten()
      restoreForgottenNameServers(path, log)
      expect(() => text()).toThrow('ENOENT')
    })

    it('is put back through all tunnels that wrote over it', () => {
      change()
      endWriter()
      changeNameServers(path, 'wg1', DNS, journal, log)
      endWriter()
      expect(restoreForgottenNameServers(path, log)).toBe(true)
      expect(text()).toBe(OWN)
    })

    it('stays while the process that wrote it runs', () => {
      change()
      const now = text()
      expect(restoreForgottenNameServers(path, log)).toBe(false)
      expect(text()).toBe(now)
    })

    it.runIf(process.getuid?.() === 0)('stays where others could have written the backup', () => {
      for (const spoil of [
        (backup: string) => chmodSync(backup, 0o622),
        (backup: string) => chownSync(backup, 65_534, 65_534),
        (backup: string) => chmodSync(join(backup, '..'), 0o777),
        (backup: string) => {
          renameSync(backup, join(folder, 'elsewhere'))
          symlinkSync(join(folder, 'elsewhere'), backup)
        },
      ]) {
        rmSync(state, { recursive: true, force: true })
        writeFileSync(path, OWN)
        forgotten()
        spoil(join(state, readdirSync(state)[0]!))
        const now = text()
        expect(restoreForgottenNameServers(path, log)).toBe(false)
        expect(text()).toBe(now)
        expect(log.lines.at(-1)).toMatchObject({ level: 'warn' })
      }
    })

    it('names no file of choice', () => {
      for (const name of ['/etc/shadow', `${folder}/../${basename(folder)}/resolv.conf.a.01234567`]) {
        writeFileSync(path, `# Written by Qanat while a is up; x [boot=b pid=1 start=1 was=${name}]\n`)
        expect(restoreForgottenNameServers(path, log)).toBe(false)
      }
      expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'warn'])
    })
  })

  it('is written with one warning where there can be no backup, and restored all the same', async () => {
    writeFileSync(state, 'a file where a folder is to be')
    change()
    expect(log.lines).toMatchObject([{ level: 'warn' }])
    await undoAll(journal.changes, parts())
    expect(text()).toBe(OWN)
  })

  it('leaves no backup behind once it is restored', async () => {
    change()
    expect(readdirSync(state)).toHaveLength(1)
    await undoAll(readJournal(join(folder, 'journal'))!.changes, parts())
    expect(readdirSync(state)).toEqual([])
  })
})
