import { execFileSync } from 'node:child_process'
import type fs from 'node:fs'
import {
  chmodSync,
  closeSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { openFile } from '../../../src/config/trust/open-file.js'

/** What somebody else does once a file was looked at, and what is open. */
const meanwhile = vi.hoisted(() => ({ happens: () => {}, open: new Set<number>() }))

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  const fstatSync = (descriptor: number) => {
    const about = real.fstatSync(descriptor)
    if (about.isFile()) meanwhile.happens()
    return about
  }
  const openSync = (path: string, flags: number) => {
    const descriptor = real.openSync(path, flags)
    meanwhile.open.add(descriptor)
    return descriptor
  }
  const closeSync = (descriptor: number) => {
    meanwhile.open.delete(descriptor)
    real.closeSync(descriptor)
  }
  return { ...real, closeSync, fstatSync, openSync }
})

let folder: string
beforeEach(() => {
  folder = realpathSync(temporaryFolder())
})

function write(name: string, text = name): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

/** What was read, and by which way but for the folders above the test's own. */
function open(path: string): { text: string; way: string[] } {
  const { descriptor, way } = openFile(path)
  const text = readFileSync(descriptor, 'utf8')
  closeSync(descriptor)
  const own = way.filter((step) => step.path.startsWith(folder))
  return { text, way: own.map((step) => `${step.kind} ${step.path.slice(folder.length + 1)}`) }
}

describe('openFile', () => {
  it('tells of each folder from the root on', () => {
    const { way, descriptor } = openFile(write('a'))
    closeSync(descriptor)
    expect(way[0]).toMatchObject({ path: '/', kind: 'folder' })
    expect(way.at(-1)).toMatchObject({ path: join(folder, 'a'), kind: 'file', uid: process.getuid!() })
    expect(way.map(({ path }) => path).slice(1, -1)).toEqual(
      folder
        .split('/')
        .slice(1)
        .map((_name, index, names) => `/${names.slice(0, index + 1).join('/')}`),
    )
  })

  it('goes relative paths from the current folder on', () => {
    const before = process.cwd()
    write('a')
    mkdirSync(join(folder, 'b'))
    process.chdir(join(folder, 'b'))
    try {
      expect(open('.././a').text).toBe('a')
    } finally {
      process.chdir(before)
    }
  })

  it('follows links by hand, to a folder and to a file', () => {
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real/a'), 'found')
    symlinkSync('real', join(folder, 'relative'))
    symlinkSync(join(folder, 'relative'), join(folder, 'absolute'))
    symlinkSync('../real/a', join(folder, 'real/b'))
    const { text, way } = open(join(folder, 'absolute/b'))
    expect(text).toBe('found')
    expect(way.filter((step) => !step.startsWith('folder '))).toEqual([
      'link absolute',
      'link relative',
      'link real/b',
      'file real/a',
    ])
  })

  it('notes the rights of what it opened, and of each folder', () => {
    mkdirSync(join(folder, 'sticky'))
    writeFileSync(join(folder, 'sticky/a'), '')
    chmodSync(join(folder, 'sticky'), 0o1777)
    chmodSync(join(folder, 'sticky/a'), 0o640)
    const { descriptor, way } = openFile(join(folder, 'sticky/a'))
    closeSync(descriptor)
    expect(way.slice(-2).map(({ mode }) => mode)).toEqual([0o1777, 0o640])
  })

  it('reads what it noted, though its name leads elsewhere by then', () => {
    const path = write('a', 'first')
    write('b', 'second')
    meanwhile.happens = () => renameSync(join(folder, 'b'), path)
    expect(open(path).text).toBe('first')
    meanwhile.happens = () => {}
  })

  it('takes what a shell makes of the output of a command', () => {
    const program = join(import.meta.dirname, '../../../dist/src/config/trust/open-file.js')
    const script = `import fs from 'node:fs'
      import { openFile } from '${program}'
      const { descriptor, way } = openFile(process.argv[1])
      process.stdout.write(fs.readFileSync(descriptor, 'utf8') + (way.at(-1).mode & 0o77))`
    const words = ['-c', '"$0" --input-type=module --eval "$1" <(echo a key)', process.execPath, script]
    expect(execFileSync('bash', words, { encoding: 'utf8' })).toBe('a key\n0')
  })

  it.each([
    ['that is not there', () => join(folder, 'none'), 'ENOENT'],
    ['below a file', () => join(write('a'), 'b'), 'is no folder'],
    ['that is a folder', () => folder, 'is a folder'],
    ['that is a device', () => '/dev/null', 'is no regular file'],
    ['whose link leads to itself', () => loop(), 'leads through more than 40 links'],
    ['that is a pipe, and does not wait for who writes it', () => pipe(), 'is no regular file'],
  ])('refuses one %s', (_what, path, why) => {
    const name = path()
    expect(() => openFile(name)).toThrow(why)
    expect(() => openFile(name)).toThrow(name)
  })

  it('leaves nothing open', () => {
    for (const path of [join(folder, 'none'), join(write('a'), 'b'), folder, loop()]) {
      expect(() => openFile(path)).toThrow()
    }
    expect(open(join(folder, 'a')).text).toBe('a')
    expect([...meanwhile.open]).toEqual([])
  })

  function loop(): string {
    symlinkSync('loop', join(folder, 'loop'))
    return join(folder, 'loop')
  }

  function pipe(): string {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    return join(folder, 'pipe')
  }
})
