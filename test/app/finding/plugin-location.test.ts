import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import Module from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { pluginFolder } from '../../../src/app/finding/plugin-folder.js'
import { locatePlugin } from '../../../src/app/finding/plugin-location.js'
import { placeOf } from '../../../src/app/finding/plugin-place.js'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe('a module', () => {
  let folder: string
  let path: string
  beforeEach(() => {
    folder = join(temporaryFolder(), 'own')
    mkdirSync(folder)
    path = join(folder, 'plugin.mjs')
    writeFileSync(path, '')
    chmodSync(path, 0o644)
  })

  it('of the caller is a plugin', () => {
    expect(locatePlugin(path)).toBe(pathToFileURL(path).href)
  })

  it('that others can write is none, nor is one in a folder of that kind', () => {
    chmodSync(path, 0o664)
    const why = (where: string, mode: number) =>
      `${where} has the mode ${mode}, so others may write it; run "chmod go-w ${where}"`
    expect(() => locatePlugin(path)).toThrow(why(path, 664))
    chmodSync(path, 0o644)
    chmodSync(folder, 0o777)
    expect(() => locatePlugin(path)).toThrow(why(folder, 777))
  })

  it.runIf(process.getuid?.() === 0)('of another user is none, whom the message names', () => {
    chownSync(path, 65_534, 65_534)
    expect(() => locatePlugin(path)).toThrow(
      `${path} belongs to user 65534, who may write it; run "chown 0 ${path}"`,
    )
  })

  it('in whose package.json others can write is none', () => {
    const manifest = join(folder, 'package.json')
    writeFileSync(manifest, '{}')
    chmodSync(manifest, 0o666)
    expect(() => locatePlugin(path)).toThrow(`${manifest} has the mode 666, so others may write it`)
  })
})

describe('a package', () => {
  /** A package that is installed in a folder. */
  function installed(folder: string, name = 'qanat-it'): string {
    const own = join(folder, 'node_modules', name)
    mkdirSync(own, { recursive: true })
    writeFileSync(join(own, 'package.json'), '{ "version": "1.2.3", "main": "main.js" }')
    writeFileSync(join(own, 'main.js'), '')
    return pathToFileURL(join(own, 'main.js')).href
  }

  it('is found from the folder of whoever names it upwards, not from the current one', () => {
    const place = temporaryFolder()
    const url = installed(place)
    const from = join(place, 'etc/qanat')
    mkdirSync(from, { recursive: true })
    expect(locatePlugin('qanat-it', from)).toBe(url)
    expect(() => locatePlugin('qanat-it')).toThrow(/^no such package is installed in .* or .*plugins; a path/)
  })

  it('may be called as a module of Node, which itself is none, nor is a file of that name', () => {
    const place = temporaryFolder()
    const before = process.cwd()
    onTestFinished(() => process.chdir(before))
    process.chdir(place)
    writeFileSync(join(place, 'events'), '')
    expect(() => locatePlugin('events', place)).toThrow('no such package is installed in')
    expect(() => locatePlugin('node:events', place)).toThrow('no such package is installed in')
    const url = installed(place, 'events')
    expect(locatePlugin('events', place)).toBe(url)
    const scoped = installed(place, '@they/it')
    expect(locatePlugin('@they/it', place)).toBe(scoped)
  })

  it('is found by a link, but not in NODE_PATH', () => {
    const [place, elsewhere] = [temporaryFolder(), temporaryFolder()]
    const url = installed(elsewhere)
    const modules = join(elsewhere, 'node_modules')
    vi.stubEnv('NODE_PATH', modules)
    const { _initPaths } = Module as unknown as { _initPaths(): void }
    _initPaths()
    onTestFinished(() => {
      vi.unstubAllEnvs()
      _initPaths()
    })
    expect(() => locatePlugin('qanat-it', place)).toThrow('no such package is installed in')
    mkdirSync(join(place, 'node_modules'))
    symlinkSync(join(modules, 'qanat-it'), join(place, 'node_modules/qanat-it'))
    expect(locatePlugin('qanat-it', place)).toBe(url)
  })

  it('is found in the folder for plugins if nowhere else', () => {
    const home = temporaryFolder()
    vi.stubEnv('HOME', home)
    vi.spyOn(process, 'getuid').mockReturnValue(4_242)
    const url = installed(pluginFolder(4_242, process.env))
    expect(pluginFolder(0, process.env)).toBe('/var/lib/qanat/plugins')
    // Whoever runs this test owns what the other user seems to ask for.
    expect(whatIsFound(() => locatePlugin('qanat-it', temporaryFolder()))).toMatch(/main\.js|belongs to user/)
    expect(placeOf(url)).toEqual({ path: fileURLToPath(url), version: '1.2.3', owner: expect.any(Number) })
  })
})

/** What is found, or whose it is. */
function whatIsFound(locate: () => string): string {
  try {
    return locate()
  } catch (thrown) {
    return String(thrown)
  }
}
