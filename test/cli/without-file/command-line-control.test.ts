import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { commandLineOf, lockCommandLine } from '../../../src/cli/without-file/command-line-control.js'
import { allRuns } from '../../../src/control/run-lock.js'
import { silentLogger } from '../../../src/core/api/logger.js'

/** No process of this host has it. proc(5): pid_max */
const GONE = 2 ** 22 + 1

it('a tunnel of the command line is found by status, and removes what killed ones left, but nothing of files', () => {
  const folder = temporaryFolder()
  const before = process.env.RUNTIME_DIRECTORY
  process.env.RUNTIME_DIRECTORY = folder
  try {
    for (const [name, file] of [
      ['a', commandLineOf(GONE)],
      ['b', '/etc/qanat/home.toml'],
    ]) {
      writeFileSync(join(folder, `${name}.lock`), JSON.stringify({ file, pid: GONE, started: '1' }))
      writeFileSync(join(folder, `${name}.sock`), '')
    }
    const lock = lockCommandLine(silentLogger)!
    expect(allRuns(folder).map(({ file }) => file)).toEqual([commandLineOf(process.pid)])
    expect(readdirSync(folder).filter((name) => /^[ab]\./.test(name))).toEqual(['b.lock', 'b.sock'])
    lock.release()
    expect(existsSync(lock.path)).toBe(false)
  } finally {
    if (before === undefined) delete process.env.RUNTIME_DIRECTORY
    else process.env.RUNTIME_DIRECTORY = before
  }
})

it('a tunnel of the command line runs if nobody can be told of it', () => {
  const before = process.env.RUNTIME_DIRECTORY
  process.env.RUNTIME_DIRECTORY = '/dev/null/nowhere'
  try {
    expect(lockCommandLine(silentLogger)).toBe(undefined)
  } finally {
    if (before === undefined) delete process.env.RUNTIME_DIRECTORY
    else process.env.RUNTIME_DIRECTORY = before
  }
})
