import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pluginFolder } from '../../src/app/finding/plugin-folder.js'

const root = join(import.meta.dirname, '../..')
/** A comment that names a file, and the block of code behind it. */
const SNIPPET = /<!-- (\S+) -->\n```\w+\n(.*?)```\n/gs

describe('docs/plugins.md', () => {
  const snippets = [...read('docs/plugins.md').matchAll(SNIPPET)].map(([, file, code]) => ({ file, code }))

  it('shows the example plugins, their tests and a package', () => {
    expect(snippets.map(({ file }) => file)).toEqual([
      'plugins/rot13-cipher/index.js',
      'plugins/cipher-xchacha20/index.js',
      'plugins/unix-transport/index.js',
      'plugins/unix-transport/unix.test.ts',
      'plugins/rot13-cipher/rot13.test.ts',
      'plugins/cipher-xchacha20/xchacha20.test.ts',
      'plugins/cipher-xchacha20/kit.test.js',
      'plugins/rot13-cipher/package.json',
    ])
  })

  it.each(snippets)('shows $file as it is', ({ file, code }) => {
    expect(code).toBe(read(file!))
  })

  it('has npm install an exact version into the folder for plugins, and run no scripts of it', () => {
    const commands = read('docs/plugins.md').match(/npm install .*/g)!
    for (const command of commands) expect(command).toContain('--save-exact --ignore-scripts ')
    expect(commands.filter((command) => command.includes(`--prefix ${pluginFolder(0, {})} `))).toEqual([
      expect.stringMatching(/ \S+@\d+\.\d+\.\d+$/),
    ])
  })

  it.each([
    ['plugins/rot13-cipher/index.js', 15],
    ['plugins/cipher-xchacha20/index.js', 15],
    ['plugins/unix-transport/index.js', 25],
  ])('needs no more lines for %s than %i', (file, most) => {
    expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(most)
  })
})

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
