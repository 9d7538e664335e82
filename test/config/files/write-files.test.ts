import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
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

  it('gives new files their names once the file has its text, and takes neither back half', () => {
    const path = temporaryFile('a', 'old')
    const [first, second] = ['client', 'other'].map((name) => ({ path: `${path}.${name}`, text: name }))
    replaceFile(path, 'old', 'new', { also: [first!, second!] })
    expect([path, first!.path, second!.path].map((name) => readFileSync(name, 'utf8'))).toEqual([
      'new',
      'client',
      'other',
    ])
    expect(readdirSync(dirname(path)).filter((name) => name.includes('draft'))).toEqual([])
    expect(() => replaceFile(path, 'new', 'newest', { also: [{ path: first!.path, text: '' }] })).toThrow(
      'EEXIST',
    )
    expect([readFileSync(path, 'utf8'), readFileSync(first!.path, 'utf8')]).toEqual(['new', 'client'])
  })

  it('puts the text back if somebody takes the name of a new file meanwhile', () => {
    const path = temporaryFile('a', 'old', 0o640)
    const [first, second] = ['client', 'other'].map((name) => ({ path: `${path}.${name}`, text: name }))
    vi.mocked(decodeText).mockImplementationOnce((bytes) => {
      writeFileSync(second!.path, 'theirs')
      return { text: new TextDecoder().decode(bytes), isUnicode: true }
    })
    const write = () => replaceFile(path, 'old', 'new', { also: [first!, second!] })
    expect(write).toThrow(`Cannot write ${second!.path}: EEXIST`)
    expect([readFileSync(path, 'utf8'), readFileSync(second!.path, 'utf8')]).toEqual(['old', 'theirs'])
    expect([first!.path, draftBeside(first!.path), draftBeside(second!.path)].filter(existsSync)).toEqual([])
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
