import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { syntaxPlace } from '../../../src/app/finding/syntax-place.js'

it.each([
  ['of a module', { 'a.mjs': 'const a = 1\nconst b = = 2\n' }, 'a.mjs:2'],
  ['of what a module imports', { 'a.mjs': "import './b/c.mjs'\n", 'b/c.mjs': '\n\nlet 1\n' }, 'b/c.mjs:3'],
  [
    'of nothing',
    { 'a.mjs': "import 'no-such'\nimport './b.mjs'\n", 'b.mjs': "throw new Error('runs')" },
    undefined,
  ],
])('an error of the syntax %s is found, and nothing is run', (_what, texts, place) => {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(texts)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  expect(syntaxPlace(join(folder, 'a.mjs'))).toBe(place && join(folder, place))
})
