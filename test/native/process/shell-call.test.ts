import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { shellCall } from '../../../src/native/process/shell-call.js'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

afterEach(() => vi.unstubAllEnvs())

/** What a command says that is run for a user, started by a process with some more groups. */
function say(command: string, uid?: number): string {
  const { args, options, program } = shellCall(command, uid)
  const [first, ...others] =
    isRoot && options.uid === undefined
      ? ['setpriv', '--groups=0,4', '--', program, ...args]
      : [program, ...args]
  return execFileSync(first!, others, { ...options, encoding: 'utf8' }).trim()
}

describe('a command of the user', () => {
  it('finds the programs of the system, and nothing that the environment slipped in', () => {
    vi.stubEnv('PATH', '/tmp')
    vi.stubEnv('BASH_ENV', '/dev/stdin')
    vi.stubEnv('LD_PRELOAD', '')
    vi.stubEnv('HOME', '/home/me')
    vi.stubEnv('TERM', 'dumb')
    const names = say('env').split('\n')
    expect(names).toEqual(expect.arrayContaining(['HOME=/home/me', 'TERM=dumb', 'LC_ALL=C']))
    expect(names.find((line) => line.startsWith('PATH='))).toMatch(/^PATH=\/usr\/sbin:/)
    expect(names.filter((line) => /^(BASH_ENV|LD_)/.test(line))).toEqual([])
  })

  it.runIf(isRoot)('runs as its user, with the groups of passwd and no capability', () => {
    const groups = execFileSync('id', ['-G', 'nobody'], { encoding: 'utf8' }).trim()
    const lines = say('id -u; id -g; id -G; pwd; grep ^CapEff /proc/self/status; echo $USER', NOBODY).split(
      '\n',
    )
    expect(lines).toEqual([
      ...['65534', '65534', groups, '/'],
      expect.stringMatching(/^CapEff:\s+0+$/),
      'nobody',
    ])
  })

  it.runIf(isRoot)('runs as a user whom the system does not know, in no group', () => {
    expect(say('echo $(id -u) $(id -G)', 4_000_123)).toBe('4000123 65534')
  })

  it.runIf(isRoot)('is not run by a process that gave up root', () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1)
    expect(() => shellCall('true', NOBODY)).toThrow(
      'only root can run it as user 65534, and this process is user 1',
    )
    vi.restoreAllMocks()
  })
})
