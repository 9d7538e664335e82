import { symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { runningOwner } from '../../src/control/lock-owner.js'
import { startOf } from '../../src/control/process-start.js'
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

  it('knows nobody by what is no JSON', () => {
    const path = lock()
    writeFileSync(path, 'nonsense')
    expect(runningOwner(path)).toBeUndefined()
  })
})
