import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { locatePlugin } from '../../../src/app/plugins/plugin-location.js'

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
})
