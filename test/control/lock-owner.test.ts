import { type ChildProcess, spawn } from 'node:child_process'
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { runningOwner } from '../../src/control/lock-owner.js'
import { startOf } from '../../src/control/process-start.js'
import { eventually } from '../support/eventually.js'
import { temporaryFile } from '../support/temporary-file.js'

const OWNER = { file: '/etc/qanat/a.toml', pid: process.pid, started: startOf(process.pid)! }
const KIB = 1024

/** A lock of these bytes: JSON may have any space behind it. */
function lock(owner: object = OWNER, bytes = 0): string {
  return temporaryFile('a.lock', JSON.stringify(owner).padEnd(bytes))
}

describe('runningOwner', () => {
  it('tells who wrote a lock and runs', () => {
    expect(runningOwner(lock())).toEqual(OWNER)
  })

  it('knows nobody behind a link, which may lead anywhere', () => {
    const link = `${lock()}.link`
    symlinkSync(lock(), link)
    expect(runningOwner(link)).toBeUndefined()
  })

  it('reads 32 KiB at the most', () => {
    expect(runningOwner(lock(OWNER, 32 * KIB))).toEqual(OWNER)
    expect(runningOwner(lock(OWNER, 32 * KIB + 1))).toBeUndefined()
  })

  it.each([
    ['another process of the same number', { ...OWNER, started: '1' }],
    ['a process that is dead', { ...OWNER, pid: 2 ** 22 + 1 }],
    ['no number of a process', { ...OWNER, pid: '1' }],
    ['no file', { pid: OWNER.pid, started: OWNER.started }],
  ])('knows nobody by %s', (_what, owner) => {
    expect(runningOwner(lock(owner))).toBeUndefined()
  })

  it('knows nobody by a process that has ended, though nobody has waited for it', async () => {
    // A shell that becomes another program waits for none of its children.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
    const pid = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)))
    const left = lock({ ...OWNER, pid, started: startOf(pid)! })
    expect(runningOwner(left)?.pid).toBe(pid)
    process.kill(pid, 'SIGKILL')
    await eventually('it has ended', () => runningOwner(left) === undefined)
    process.kill(pid, 0) // still there
    parent.kill()
  })

  describe.runIf(process.getuid?.() === 0)('of another user', () => {
    const NOBODY = 65_534
    let process: ChildProcess
    beforeEach(() => {
      process = spawn('sleep', ['60'], { uid: NOBODY, gid: NOBODY })
    })
    afterEach(() => process.kill())

    /** Whom root believes by a lock of that user in a folder of that name. */
    function ownerIn(folder: string, file: string): number | undefined {
      const path = join(temporaryFolder(), folder, 'a.lock')
      mkdirSync(dirname(path))
      const { pid } = process
      writeFileSync(path, JSON.stringify({ file, pid, started: startOf(pid!) }))
      chownSync(path, NOBODY, NOBODY)
      return runningOwner(path)?.pid
    }

    it("claims that user's own file, and one that is gone", () => {
      const file = temporaryFile('own.toml', '')
      chownSync(file, NOBODY, NOBODY)
      expect(ownerIn('run', file)).toBe(process.pid)
      expect(ownerIn('run', '/nowhere/gone.toml')).toBe(process.pid)
    })

    it("claims none of root's, but for the one that the service's folder is named after", () => {
      const file = temporaryFile('server.toml', '')
      expect(ownerIn('run', file)).toBeUndefined()
      expect(ownerIn('server.toml', file)).toBe(process.pid)
    })
  })

  it('knows nobody by what is no JSON', () => {
    const path = lock()
    writeFileSync(path, 'nonsense')
    expect(runningOwner(path)).toBeUndefined()
  })
})
