import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')

it.each([
  ['README.md', 90],
  ['docs/performance.md', 120],
])('%s has at most %i lines', (page, most) => {
  const lines = readFileSync(join(ROOT, page), 'utf8').trimEnd().split('\n')
  expect(lines.length).toBeLessThanOrEqual(most)
})
