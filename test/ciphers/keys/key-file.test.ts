import { chmodSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { readKeyFile, writeKeyFile } from '../../../src/ciphers/keys/key-file.js'
import { ConfigError } from '../../../src/core/api/errors.js'

let folder: string
let path: string

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder, 'key')
})

it('writes a key file that only its owner can read, and reads it again', () => {
  writeKeyFile(path, 'a key')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readKeyFile(path)).toBe('a key')
})

it('never overwrites a file', () => {
  writeFileSync(path, 'something else')
  expect(() => writeKeyFile(path, 'a key')).toThrow(ConfigError)
})

it.each([0o640, 0o604, 0o660, 0o644])('refuses a key file with mode %o', (mode) => {
  writeKeyFile(path, 'a key')
  chmodSync(path, mode)
  expect(() => readKeyFile(path)).toThrow(/others may read it too; run "chmod 600/)
})

it('says why a key file cannot be read', () => {
  expect(() => readKeyFile(path)).toThrow(/Cannot read key file .*ENOENT/)
})
