import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { decodeText } from '../../../src/config/files/decode-text.js'
import { createFiles, draftBeside, replaceFile } from '../../../src/config/files/write-files.js'
import { temporaryFile } from '../../support/temporary-file.js'

vi.mock('../../../src/config/files/decode-text.js', { spy: true })

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
    expect([draftBeside(path), also.path].filter(existsSync)).toEqual([])
  })

  it('writes to no file that the owner of the folder has a link lead to meanwhile', () => {
    const path = temporaryFile('a', 'old', 0o640)
    const other = temporaryFile('other', 'theirs', 0o600)
    vi.mocked(decodeText).mockImplementationOnce((bytes) => {
      rmSync(draftBeside(path))
      symlinkSync(other, draftBeside(path))
      return { text: new TextDecoder().decode(bytes), isUnicode: true }
    })
    replaceFile(path, 'old', 'new')
    expect(readFileSync(other, 'utf8')).toBe('theirs')
    expect(statSync(other).mode & 0o777).toBe(0o600)
  })

  it('leaves alone what another one is about to put in place', () => {
    const path = temporaryFile('a', 'old')
    writeFileSync(draftBeside(path), 'theirs')
    expect(() => replaceFile(path, 'old', 'new')).toThrow(`${draftBeside(path)} is there`)
    expect(readFileSync(draftBeside(path), 'utf8')).toBe('theirs')
  })
})
