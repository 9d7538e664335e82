import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

it('docs/errors.md lists every code of src/core/api/errors.ts, in its order', () => {
  const codes = readFileSync(join(ROOT, 'src/core/api/errors.ts'), 'utf8').matchAll(/^ {2}\| '(ERR_\w+)'$/gm)
  const rows = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/^\| `(ERR_\w+)`/gm)
  expect([...rows].map(([, code]) => code)).toEqual([...codes].map(([, code]) => code))
})
