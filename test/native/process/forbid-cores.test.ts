import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const PROGRAM = join(import.meta.dirname, 'dies-with-key.mjs')
const PATTERN = '/proc/sys/kernel/core_pattern'

/** The core of a process that dies with a key while its user allows cores of any size; undefined if none is written. */
function coreOf(how: 'allow' | 'forbid' | 'dumpable', key: Buffer, env = {}): Buffer | undefined {
  const folder = temporaryFolder()
  const words = [
    '-c',
    'ulimit -c unlimited && exec "$0" "$@"',
    process.execPath,
    PROGRAM,
    how,
    key.toString('hex'),
  ]
  const { signal } = spawnSync('sh', words, { cwd: folder, env: { ...process.env, ...env } })
  expect(signal).toBe('SIGABRT')
  const [core] = readdirSync(folder)
  return core === undefined ? undefined : readFileSync(join(folder, core))
}

/** Why nobody can tell here whether cores hold keys: they go elsewhere. */
const PORTABLE = { QANAT_NO_NATIVE: '1' } // else all of the arena would be read
const missing =
  coreOf('allow', randomBytes(32), PORTABLE) === undefined ? `cores go to ${pattern()}` : undefined

function pattern(): string {
  return readFileSync(PATTERN, 'utf8').trim()
}

describe.skipIf(missing)(orSkipped('a core', missing), () => {
  it('of any other process would hold its keys', () => {
    const key = randomBytes(32)
    expect(coreOf('allow', key, PORTABLE)!.includes(key)).toBe(true)
  })

  it.skipIf(nativeMissing)('is not written of a process with keys', () => {
    expect(coreOf('forbid', randomBytes(32))).toBeUndefined()
  })

  it.skipIf(nativeMissing)('is not written where the process can be dumped after all, for its limit', () => {
    expect(coreOf('dumpable', randomBytes(32))).toBeUndefined()
  })

  it('has no memory in it without koffi', () => {
    const key = randomBytes(32)
    expect(coreOf('forbid', key, PORTABLE)!.includes(key)).toBe(false)
  })
})

it.skipIf(nativeMissing)(
  'native memory is left out, and the hard limit stays for programs that are started from there',
  () => {
    const { limit, dumpable, flags } = JSON.parse(
      execFileSync(
        'sh',
        ['-c', `ulimit -c unlimited; exec "$0" --input-type=module --eval "$1"`, process.execPath, LOOK],
        {
          encoding: 'utf8',
        },
      ),
    )
    expect(limit).toMatch(/^Max core file size\s+0\s+unlimited/)
    expect(dumpable).toBe(0)
    expect(flags).toMatch(/ dd /)
  },
)

const DIST = join(import.meta.dirname, '../../../dist/src/native')
const LOOK = `
import { readFileSync } from 'node:fs'
import { loadKoffi } from '${DIST}/base/koffi.js'
import { native } from '${DIST}/base/native.js'
import { forbidCores } from '${DIST}/process/forbid-cores.js'
forbidCores()
const prctl = loadKoffi().load('libc.so.6').func('int prctl(int, unsigned long, unsigned long, unsigned long, unsigned long)')
const [limit] = readFileSync('/proc/self/limits', 'utf8').split('\\n').filter((line) => line.startsWith('Max core'))
const start = native().arena.address(0).toString(16)
const maps = readFileSync('/proc/self/smaps', 'utf8')
const [flags] = /^VmFlags:.*$/m.exec(maps.slice(maps.indexOf(start + '-')))
console.log(JSON.stringify({ limit, flags, dumpable: prctl(3, 0, 0, 0, 0) }))
`
