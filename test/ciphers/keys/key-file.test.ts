import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { writeKeyFile } from '../../../src/ciphers/keys/key-file.js'
import { ConfigError } from '../../../src/core/api/errors.js'

let folder: string
let path: string

beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder, 'key')
})

it('writes a key file that only its owner can read', () => {
  writeKeyFile(path, 'a key')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readFileSync(path, 'utf8')).toBe('a key\n')
})

it('never overwrites a file', () => {
  writeFileSync(path, 'something else')
  expect(() => writeKeyFile(path, 'a key')).toThrow(ConfigError)
})
