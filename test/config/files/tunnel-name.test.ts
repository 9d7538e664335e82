import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { tunnelFile } from '../../../src/config/files/tunnel-name.js'

let settings: string
beforeEach(() => {
  settings = temporaryFolder()
  for (const folder of ['qanat', 'wireguard']) mkdirSync(join(settings, folder))
})
const put = (...names: string[]) => {
  for (const name of names) writeFileSync(join(settings, name), '')
}
const fileOf = (name: string, isKnown?: (path: string) => boolean) => tunnelFile(name, isKnown, settings)

describe('the file of a tunnel', () => {
  it('is found by its name, that of Qanat before that of wg-quick, TOML first', () => {
    const places = ['wireguard/wg0.conf', 'qanat/wg0.conf', 'qanat/wg0.toml']
    for (const place of places) {
      put(place)
      expect(fileOf('wg0')).toBe(join(settings, place))
    }
  })

  it.each(['wg0.conf', './wg0', '/etc/wireguard/wg0', 'folder/wg0', 'wg0.', '.wg0'])(
    'is at its path: %s',
    (path) => {
      put('wireguard/wg0.conf')
      expect(fileOf(path)).toBe(path)
    },
  )

  it('is never looked for in the current folder', () => {
    put('wireguard/other.conf')
    expect(() => fileOf('package')).toThrow(
      `Cannot find a tunnel 'package': none of ${settings}/qanat/package.toml, ${settings}/qanat/package.conf, ` +
        `${settings}/wireguard/package.conf is there; a file elsewhere is called by its path, such as ./package.toml`,
    )
  })

  it('is that of a tunnel that runs if it is not there any more', () => {
    const gone = join(settings, 'qanat/wg0.conf')
    expect(fileOf('wg0', (path) => path === gone)).toBe(gone)
    put('wireguard/wg0.conf')
    expect(fileOf('wg0', (path) => path === gone)).toBe(join(settings, 'wireguard/wg0.conf'))
  })
})
