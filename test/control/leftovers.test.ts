import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { removeLeftovers } from '../../src/control/leftovers.js'
import { startOf } from '../../src/control/process-start.js'
import { lockRun } from '../../src/control/run-lock.js'
import { temporaryFile } from '../support/temporary-file.js'

/** A process that is dead. */
const DEAD = JSON.stringify({ file: '/a.toml', pid: 2 ** 22 + 1, started: '1' })

describe('removeLeftovers', () => {
  let folder: string
  let path: string
  /** What the files of the run begin with. */
  let place: string
  beforeEach(() => {
    folder = temporaryFolder()
    path = temporaryFile('a.toml', '')
    const lock = lockRun(path, folder)
    place = lock.socket.replace(/\.sock$/, '')
    lock.release()
  })

  it('removes the socket, the lock and the drafts of a process that was killed', async () => {
    for (const ending of ['sock', 'lock', 'lock.draft', '7.journal.noted', '7.journal.new'])
      writeFileSync(`${place}.${ending}`, DEAD)
    expect(await removeLeftovers(path, folder)).toBe(true)
    expect(readdirSync(folder)).toEqual([])
    expect(await removeLeftovers(path, folder)).toBe(false)
  })

  it('leaves what tells how to restore the host, and what is of other files', async () => {
    const kept = [`${place}.7.journal`, `${place}.7.journal.noted`, join(folder, 'other.sock')]
    for (const file of [...kept, `${place}.sock`]) writeFileSync(file, '')
    expect(await removeLeftovers(path, folder)).toBe(true)
    expect(
      readdirSync(folder)
        .map((name) => join(folder, name))
        .sort(),
    ).toEqual(kept.sort())
    expect(await removeLeftovers(path, folder)).toBe(false)
  })

  it('leaves the draft of a start that is under way', async () => {
    const running = JSON.stringify({ file: path, pid: process.pid, started: startOf(process.pid) })
    writeFileSync(`${place}.lock.${process.pid}.draft`, running)
    expect(await removeLeftovers(path, folder)).toBe(true)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it('removes nothing while a process runs the file', async () => {
    const lock = lockRun(path, folder)
    writeFileSync(lock.socket, '')
    await expect(removeLeftovers(path, folder)).rejects.toThrow(`process ${process.pid} is running it`)
    expect(readdirSync(folder)).toHaveLength(2)
    lock.release()
  })
})
