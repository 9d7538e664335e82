import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { createFiles, replaceFile } from '../../../src/config/files/write-files.js'
import { temporaryFile } from '../../support/temporary-file.js'

describe('createFiles', () => {
  it('creates all or none', () => {
    const folder = temporaryFolder()
    const [first, second] = [join(folder, 'a'), join(folder, 'b')]
    mkdirSync(second)
    const files = [first, second].map((path) => ({ path, text: path }))
    expect(() => createFiles(files)).toThrow(`Cannot write ${second}: `)
    expect(existsSync(first)).toBe(false)
    expect(existsSync(second)).toBe(true)
  })
})

describe('replaceFile', () => {
  it('keeps the rights of the file', () => {
    const path = temporaryFile('a', 'old', 0o640)
    replaceFile(path, 'old', 'new')
    expect(readFileSync(path, 'utf8')).toBe('new')
    expect(statSync(path).mode & 0o777).toBe(0o640)
  })

  it('changes nothing where somebody else did meanwhile', () => {
    const path = temporaryFile('a', 'changed')
    const also = { path: `${path}.client`, text: '' }
    expect(() => replaceFile(path, 'old', 'new', { also: [also] })).toThrow('it was changed in the meantime')
    expect(readFileSync(path, 'utf8')).toBe('changed')
    expect([`${path}.new`, also.path].filter(existsSync)).toEqual([])
  })

  it('leaves alone what another one is about to put in place', () => {
    const path = temporaryFile('a', 'old')
    writeFileSync(`${path}.new`, 'theirs')
    expect(() => replaceFile(path, 'old', 'new')).toThrow(`${path}.new is there`)
    expect(readFileSync(`${path}.new`, 'utf8')).toBe('theirs')
  })
})
