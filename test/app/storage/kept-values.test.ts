import fs from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { KeptValues, WRITE_DELAY } from '../../../src/app/storage/kept-values.js'
import { StorageFile } from '../../../src/app/storage/storage-file.js'
import { VirtualClock } from '../../../src/conformance/kit/virtual-clock.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { MAX_STORED } from '../../../src/core/plugin/storage.js'
import { eventually } from '../../support/eventually.js'

const NOBODY = { uid: 65_534, gid: 65_534 }
const isRoot = process.getuid?.() === 0

/** Values in a file, whose starts share it; a kill forgets what is in memory. */
function lab(
  path = join(temporaryFolder(), 'state', 'storage', 'tunnel', 'plugin.json'),
  owner?: typeof NOBODY,
) {
  const start = () => {
    const over = new AbortController()
    const clock = new VirtualClock()
    const warnings: string[] = []
    const log = { ...silentLogger, warn: (text: string) => void warnings.push(text) }
    const values = new KeptValues({ file: new StorageFile(path, owner), clock, log, signal: over.signal })
    return { values, clock, warnings, end: () => over.abort() }
  }
  return { path, folder: dirname(path), start }
}

describe('what a plugin keeps', () => {
  it('is there at the next start, texts and bytes, if it was killed a second after it was set', async () => {
    const { path, start } = lab()
    const { values, clock } = start()
    values.set('text', 'grüße')
    values.set('bytes', Uint8Array.of(0, 255))
    values.set('gone', 'x')
    values.set('gone', undefined)
    expect([values.getText('text'), values.get('gone')]).toEqual(['grüße', undefined])
    clock.advance(1_000) // as documented: not the constant, which may say anything
    await eventually('it is written', () => fs.existsSync(path))
    const again = start().values
    expect(again.keys()).toEqual(['text', 'bytes'])
    expect(again.getText('text')).toBe('grüße')
    expect(again.get('bytes')).toEqual(Uint8Array.of(0, 255))
  })

  it('is copied as it comes and goes', () => {
    const { values } = lab().start()
    const given = Uint8Array.of(1)
    values.set('key', given)
    given[0] = 2
    values.get('key')![0] = 3
    expect(values.get('key')).toEqual(Uint8Array.of(1))
  })

  it('is written at once at the end and after it, also while an older write is under way', async () => {
    const { path, start } = lab()
    const { values, clock, end } = start()
    values.set('key', 'old')
    const flushed = values.flush()
    values.set('key', 'new')
    end()
    expect(start().values.getText('key')).toBe('new')
    await flushed
    values.set('key', 'late')
    clock.advance(WRITE_DELAY)
    expect(clock.pending).toBe(0)
    expect(start().values.getText('key')).toBe('late')
    expect(fs.readFileSync(path, 'utf8')).toMatch(/\n$/)
  })

  it('is on the disk at the end, its name in the folder too', () => {
    const { path, folder, start } = lab()
    const { values, end } = start()
    values.set('key', 'value')
    const [sync, rename] = [fs.fsyncSync, fs.renameSync]
    const done: string[] = []
    const spies = [
      vi.spyOn(fs, 'fsyncSync').mockImplementation((descriptor) => {
        done.push(`sync ${fs.readlinkSync(`/proc/self/fd/${descriptor}`)}`)
        sync(descriptor)
      }),
      vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
        done.push(`rename ${from} ${to}`)
        rename(from, to)
      }),
    ]
    end()
    for (const spy of spies) spy.mockRestore()
    const draft = join(folder, '.plugin.json.last')
    expect(done).toEqual([`sync ${draft}`, `rename ${draft} ${path}`, `sync ${folder}`])
  })

  it('is one write for many changes', async () => {
    const { values, clock } = lab().start()
    for (let count = 0; count < 100; count++) values.set('key', String(count))
    expect(clock.pending).toBe(1)
    await values.flush()
    expect(clock.pending).toBe(0)
  })

  it('is bounded in all, and as it was if it were too much', async () => {
    const { start } = lab()
    const { values } = start()
    const half = new Uint8Array(MAX_STORED / 2 - 1)
    values.set('a', half)
    values.set('b', half)
    expect(() => values.set('c', 'x')).toThrow(
      `Cannot store 'c': ${MAX_STORED + 2} bytes would be kept, and ${MAX_STORED} are the most`,
    )
    expect(() => values.set('a', new Uint8Array(MAX_STORED))).toThrow(RangeError)
    expect([values.keys(), values.get('a')!.length]).toEqual([['a', 'b'], half.length])
    values.set('b', undefined)
    values.set('c', 'x')
    await values.flush()
    expect(start().values.keys()).toEqual(['a', 'c'])
  })

  it('is in a folder and a file that nobody else can read, and follows no link there', async () => {
    const { path, folder, start } = lab()
    const { values } = start()
    values.set('key', 'value')
    await values.flush()
    const modeOf = (name: string) => fs.statSync(name).mode & 0o777
    expect([modeOf(folder), modeOf(path)]).toEqual([0o700, 0o600])
    const precious = join(temporaryFolder(), 'precious')
    fs.writeFileSync(precious, 'precious')
    for (const which of ['next', 'last']) fs.symlinkSync(precious, join(folder, `.plugin.json.${which}`))
    values.set('key', 'other')
    await values.flush()
    expect(fs.readFileSync(precious, 'utf8')).toBe('precious')
    expect(start().values.getText('key')).toBe('other')
  })

  it('begins anew with a warning if it is damaged, and is not touched if it cannot be read', () => {
    const { path, folder, start } = lab()
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path, '{"key": ')
    const { values, warnings } = start()
    expect(values.keys()).toEqual([])
    expect(warnings).toEqual(['what a plugin stored is damaged, and begins anew'])
    fs.rmSync(path)
    fs.mkdirSync(path)
    const other = start().values
    expect(() => other.get('key')).toThrow('it is no file of at most')
    expect(() => other.set('key', 'x')).toThrow('it is no file of at most')
  })

  it('is tried again if it could not be written', async () => {
    const { folder, start } = lab()
    const { values, clock, warnings } = start()
    expect(values.keys()).toEqual([])
    fs.mkdirSync(dirname(folder), { recursive: true })
    fs.writeFileSync(folder, '')
    values.set('key', 'value')
    clock.advance(WRITE_DELAY)
    await eventually('it is told', () => warnings.length, 1)
    fs.rmSync(folder)
    clock.advance(5_000)
    await eventually('it is there', () => fs.existsSync(folder) && start().values.getText('key'), 'value')
  })

  it.skipIf(!isRoot)('is given to whom the process goes on as, who can pass the folders above', async () => {
    const top = temporaryFolder()
    const { path, folder, start } = lab(join(top, 'storage', 'tunnel', 'plugin.json'), NOBODY)
    const { values } = start()
    values.prepare()
    values.set('key', 'value')
    await values.flush()
    expect([fs.statSync(folder).uid, fs.statSync(path).uid]).toEqual([NOBODY.uid, NOBODY.uid])
    expect([fs.statSync(top).mode & 0o001, fs.statSync(dirname(folder)).mode & 0o777]).toEqual([1, 0o711])
  })
})

it('is in memory alone without a file', async () => {
  const clock = new VirtualClock()
  const values = new KeptValues({ clock, log: silentLogger, signal: new AbortController().signal })
  values.set('key', 'value')
  await values.flush()
  expect([values.getText('key'), clock.pending]).toEqual(['value', 0])
})
