import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { allRuns, journalOf, lockRun, runOf } from '../../src/control/run-lock.js'
import { temporaryFile } from '../support/temporary-file.js'

describe('lockRun', () => {
  it('refuses a second run of a file, by whatever name, until the first is over', () => {
    const folder = join(temporaryFolder(), 'run')
    const path = temporaryFile('a.toml', '')
    const alias = `${path}.link.toml`
    symlinkSync(path, alias)
    const lock = lockRun(path, folder)
    expect(runOf(alias, allRuns(folder))).toEqual({
      file: realpathSync(path),
      pid: process.pid,
      socket: lock.socket,
    })
    expect(() => lockRun(alias, folder)).toThrow(
      `Cannot start ${alias}: process ${process.pid} is running it`,
    )
    lock.release()
    lock.release()
    expect(runOf(path, allRuns(folder))).toBeUndefined()
    lockRun(alias, folder).release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('locks a file that was removed, so that what its tunnel left can be restored', () => {
    const folder = temporaryFolder()
    const path = temporaryFile('a.toml', '')
    const before = lockRun(path, folder)
    before.release()
    rmSync(path)
    const lock = lockRun(path, folder)
    expect(lock.path).toBe(before.path)
    lock.release()
  })

  it('lets different files run', () => {
    const folder = temporaryFolder()
    const locks = [temporaryFile('a.toml', ''), temporaryFile('a.toml', '')].map((path) =>
      lockRun(path, folder),
    )
    expect(allRuns(folder).map(({ pid }) => pid)).toEqual([process.pid, process.pid])
    for (const lock of locks) lock.release()
    expect(allRuns(folder)).toEqual([])
  })

  it('knows of no run where nothing ever ran', () => {
    expect(allRuns(join(temporaryFolder(), 'none'))).toEqual([])
  })

  it('knows of no run where a file is in the place of a folder, as of a service', () => {
    const file = join(temporaryFolder(), 'office.conf')
    writeFileSync(file, '')
    expect(allRuns(file)).toEqual([])
  })

  it('makes a folder that only its owner can enter, and closes one that is open', () => {
    const folder = join(temporaryFolder(), 'run')
    mkdirSync(folder, { mode: 0o755 })
    lockRun(temporaryFile('a.toml', ''), folder)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it.runIf(process.getuid?.() === 0)(
    "lets services pass root's folder to their own, which they could not change otherwise",
    () => {
      for (const [name, mode] of [
        ['qanat', 0o755],
        ['other', 0o700],
      ] as const) {
        const folder = join(temporaryFolder(), name)
        for (const before of [undefined, 0o700, 0o777]) {
          if (before !== undefined) chmodSync(folder, before)
          lockRun(temporaryFile('a.toml', ''), folder).release()
          expect(statSync(folder).mode & 0o777).toBe(mode)
        }
      }
    },
  )

  it.runIf(process.getuid?.() === 0)('refuses a folder of another user', () => {
    const folder = temporaryFolder()
    chownSync(folder, 65_534, 65_534)
    expect(() => lockRun(temporaryFile('a.toml', ''), folder)).toThrow(
      /^Cannot start .*: .* belongs to another user$/,
    )
  })

  it.each([
    ['a process that is dead', { file: '/a.toml', pid: 2 ** 22 + 1, started: '1' }],
    ['an earlier process of the same number', { file: '/a.toml', pid: process.pid, started: '1' }],
    ['nobody that it knows', 'nonsense'],
  ])('takes over from %s', (_whom, owner) => {
    const folder = temporaryFolder()
    const path = temporaryFile('a.toml', '')
    lockRun(path, folder)
    writeFileSync(join(folder, readdirSync(folder)[0]!), JSON.stringify(owner))
    expect(runOf(path, allRuns(folder))).toBeUndefined()
    lockRun(path, folder)
    expect(runOf(path, allRuns(folder))?.pid).toBe(process.pid)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it.runIf(process.getuid?.() === 0)('believes no other user who names a process that is not his', () => {
    const folder = temporaryFolder()
    const own = join(folder, 'service')
    const path = temporaryFile('a.toml', '')
    lockRun(path, own)
    const lock = join(own, readdirSync(own)[0]!)
    expect(allRuns(folder)).toHaveLength(1)
    for (const file of [lock, path]) chownSync(file, 65_534, 65_534)
    expect(allRuns(folder)).toEqual([])
  })

  it('believes no lock that claims another file than it is named after', () => {
    const folder = temporaryFolder()
    const own = join(folder, 'service')
    const path = temporaryFile('a.toml', '')
    const lock = lockRun(path, own)
    const owner = JSON.parse(readFileSync(lock.path, 'utf8'))
    expect(allRuns(folder)).toHaveLength(1)
    writeFileSync(lock.path, JSON.stringify({ ...owner, file: '/etc/qanat/foreign.toml' }))
    expect(allRuns(folder)).toEqual([])
    expect(runOf(path, allRuns(own))).toBeUndefined()
  })

  it('removes what killed processes left: a socket, and locks that they had not put in place yet', () => {
    const folder = temporaryFolder()
    const path = temporaryFile('a.toml', '')
    const lock = lockRun(path, folder)
    lock.release()
    const dead = 2 ** 22 + 1
    const journal = `${journalOf(path, folder)}.new`
    for (const name of [lock.socket, journal, `${lock.path}.${dead}.a`, `${lock.path}.${process.ppid}.a`])
      writeFileSync(name, '')
    lockRun(path, folder).release()
    expect(readdirSync(folder)).toEqual([`${basename(lock.path)}.${process.ppid}.a`])
  })

  it('is not held up by what is no lock but is called so', () => {
    const folder = temporaryFolder()
    execFileSync('mkfifo', [join(folder, 'pipe.lock')])
    symlinkSync('/dev/zero', join(folder, 'endless.lock'))
    writeFileSync(join(folder, 'long.lock'), ' '.repeat(100_000))
    expect(allRuns(folder)).toEqual([])
  })

  it('tells why where it cannot lock', () => {
    expect(() => lockRun(temporaryFile('a.toml', ''), '/dev/null/run')).toThrow(/^Cannot start .*: ENOTDIR/)
  })
})
