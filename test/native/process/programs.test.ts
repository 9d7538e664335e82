import { execFileSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { cleanEnvironment, findProgram, lookFirstIn } from '../../../src/native/process/programs.js'
import { namespacesMissing } from '../../support/network-namespace.js'

const SOURCE = join(import.meta.dirname, '../../../dist/src/native/process/programs.js')
const missing = namespacesMissing('unshare')

function put(name: string, mode = 0o755): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, name), '#!/bin/sh\n')
  chmodSync(join(folder, name), mode)
  return folder
}

afterEach(() => vi.unstubAllEnvs())

describe('findProgram', () => {
  it('finds programs of the system, whatever PATH says', () => {
    vi.stubEnv('PATH', put('sh'))
    expect(findProgram('sh')).toMatch(/^\/(usr\/)?s?bin\/sh$/)
  })

  it('finds nothing by PATH, and nothing that cannot be run', () => {
    const folder = put('no-such-program')
    vi.stubEnv('PATH', folder)
    expect(findProgram('no-such-program')).toBeUndefined()
    const forget = lookFirstIn(put('no-such-program', 0o644))
    expect(findProgram('no-such-program')).toBeUndefined()
    forget()
  })

  it('looks first where a test says, until that is over', () => {
    const folder = put('sh')
    const forget = lookFirstIn(folder)
    expect(findProgram('sh')).toBe(join(folder, 'sh'))
    forget()
    expect(findProgram('sh')).not.toBe(join(folder, 'sh'))
  })

  it.skipIf(missing).each([
    ['root alone can write', '0755', '0:0', '0755', true],
    ['its group can write', '0755', '0:0', '0775', false],
    ['belongs to somebody else', '0755', '65534:0', '0755', false],
    ['is in a folder that anybody can write', '0777', '0:0', '0755', false],
  ])('takes a program of the administrator that %s, or does not', (_what, folder, owner, mode, found) => {
    const script = [
      'mount -t tmpfs none /usr/local && mkdir /usr/local/bin && echo > /usr/local/bin/qanat-test',
      `chmod ${folder} /usr/local/bin && chmod ${mode} /usr/local/bin/qanat-test`,
      `chown ${owner} /usr/local/bin/qanat-test && exec "$0" "$@"`,
    ].join(' && ')
    const code = `import { findProgram } from '${SOURCE}'; console.log(String(findProgram('qanat-test')))`
    const node = [process.execPath, '--input-type=module', '--eval', code]
    const said = execFileSync('unshare', ['--mount', 'sh', '-c', script, ...node], { encoding: 'utf8' })
    expect(said.trim()).toBe(found ? '/usr/local/bin/qanat-test' : 'undefined')
  })
})

it('hands a program nothing of the own environment', () => {
  vi.stubEnv('LD_PRELOAD', '/tmp/evil.so')
  vi.stubEnv('BASH_ENV', '/tmp/evil')
  vi.stubEnv('PATH', '/tmp')
  const { PATH, ...others } = cleanEnvironment()
  expect(PATH).toMatch(/^\/usr\/sbin:\/usr\/bin:\/sbin:\/bin/)
  expect(others).toEqual({ LC_ALL: 'C' })
})
