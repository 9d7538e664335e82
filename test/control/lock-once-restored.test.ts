import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { lockOnceRestored } from '../../src/control/lock-once-restored.js'
import { allRuns, lockRun, runOf } from '../../src/control/run-lock.js'
import { temporaryFile } from '../support/temporary-file.js'

describe('lockOnceRestored', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = temporaryFolder()
    path = temporaryFile('a.toml', '')
  })

  it('waits for a process that restores the host, which runs nothing', async () => {
    const restoring = lockRun(path, folder, true)
    expect([runOf(path, allRuns(folder)), allRuns(folder)]).toEqual([undefined, []])
    const waiting = lockOnceRestored(path, folder)
    await new Promise(setImmediate)
    restoring.release()
    const { lock, waited } = await waiting
    expect(waited).toBe(true)
    expect(runOf(path, allRuns(folder))?.pid).toBe(process.pid)
    lock.release()
  })

  it('does not wait where nobody does, nor for a process that runs the file', async () => {
    const { lock, waited } = await lockOnceRestored(path, folder)
    expect(waited).toBe(false)
    await expect(lockOnceRestored(path, folder)).rejects.toThrow(`process ${process.pid} is running it`)
    lock.release()
  })
})
