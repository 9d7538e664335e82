import { readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { lockRun, runnerOf } from '../../src/config/run-lock.js'
import { temporaryFile, temporaryFolder } from './temporary.js'

describe('lockRun', () => {
  it('refuses a second run of a file, by whatever name, until the first is over', () => {
    const folder = join(temporaryFolder(), 'run')
    const path = temporaryFile('a.toml', '')
    const alias = `${path}.link.toml`
    symlinkSync(path, alias)
    const lock = lockRun(path, folder)
    expect(runnerOf(alias, folder)).toBe(process.pid)
    expect(() => lockRun(alias, folder)).toThrow(`Cannot start ${alias}: process ${process.pid} runs it`)
    lock.release()
    lock.release()
    expect(runnerOf(path, folder)).toBeUndefined()
    lockRun(alias, folder).release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('lets different files run', () => {
    const folder = temporaryFolder()
    const locks = [temporaryFile('a.toml', ''), temporaryFile('a.toml', '')].map((path) =>
      lockRun(path, folder),
    )
    for (const lock of locks) lock.release()
  })

  it.each([
    ['a process that is dead', { pid: 2 ** 22 + 1, started: '1' }],
    ['an earlier process of the same number', { pid: process.pid, started: '1' }],
    ['nobody that it knows', 'nonsense'],
  ])('takes over from %s', (_whom, owner) => {
    const folder = temporaryFolder()
    const path = temporaryFile('a.toml', '')
    lockRun(path, folder)
    writeFileSync(join(folder, readdirSync(folder)[0]!), JSON.stringify(owner))
    expect(runnerOf(path, folder)).toBeUndefined()
    lockRun(path, folder)
    expect(runnerOf(path, folder)).toBe(process.pid)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('tells why where it cannot lock', () => {
    expect(() => lockRun(temporaryFile('a.toml', ''), '/dev/null/run')).toThrow(/^Cannot start .*: ENOTDIR/)
  })
})
