import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { readSharedKey } from '../../../src/cli/options/shared-key.js'

const before = process.env.QANAT_KEY
const folder = mkdtempSync(join(tmpdir(), 'qanat-key-'))
const keyFile = join(folder, 'key')

afterEach(() => {
  if (before === undefined) delete process.env.QANAT_KEY
  else process.env.QANAT_KEY = before
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('readSharedKey', () => {
  it('takes the command line before the environment', () => {
    process.env.QANAT_KEY = 'ENV'
    expect(readSharedKey({ key: 'OPTION' })).toBe('OPTION')
    expect(readSharedKey({})).toBe('ENV')
    delete process.env.QANAT_KEY
    expect(readSharedKey({})).toBeUndefined()
  })

  it('takes a file before the environment, less the white space around the key', () => {
    process.env.QANAT_KEY = 'ENV'
    writeFileSync(keyFile, '1234ABCD\n', { mode: 0o600 })
    expect(readSharedKey({ keyFile })).toBe('1234ABCD')
  })

  it('refuses two keys, and tells none', () => {
    expect(() => readSharedKey({ key: 'SECRET', keyFile })).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        message: 'Cannot take two keys: give either --key or --key-file',
      }),
    )
  })
})
