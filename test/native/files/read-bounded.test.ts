import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { readBounded } from '../../../src/native/files/read-bounded.js'

describe('readBounded', () => {
  let path: string
  beforeEach(() => {
    path = join(temporaryFolder(), 'file')
  })

  it('tells what a file says, whose it is and its mode', () => {
    writeFileSync(path, 'text', { mode: 0o640 })
    const { mode, ...file } = readBounded(path, 4)!
    expect(file).toEqual({ text: 'text', uid: process.getuid!() })
    expect(mode & 0o777).toBe(0o640)
  })

  it('reads nothing that is larger, and no folder, pipe or device', () => {
    writeFileSync(path, 'text')
    expect(readBounded(path, 3)).toBeUndefined()
    mkdirSync(`${path}.folder`)
    execFileSync('mkfifo', [`${path}.pipe`])
    for (const other of [`${path}.folder`, `${path}.pipe`, '/dev/zero']) {
      expect(readBounded(other, 4)).toBeUndefined()
    }
  })

  it('follows no link', () => {
    writeFileSync(path, 'text')
    symlinkSync(path, `${path}.link`)
    expect(() => readBounded(`${path}.link`, 4)).toThrow('ELOOP')
    expect(() => readBounded(`${path}.gone`, 4)).toThrow('ENOENT')
  })
})
