import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const FIXTURES = join(import.meta.dirname, 'fixtures')

/** What others packed once, which has to go on working as it is. */
function kept(): string[] {
  const files = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => /^plugins\/[^/]+\/.|^old-qanat\/.*\.tgz$/.test(file)).toSorted()
}

it('Fixtures that others packed have the bytes that they had, as sha256sum --check says', () => {
  const sums = kept().map((file) => {
    const sum = createHash('sha256').update(readFileSync(join(FIXTURES, file)))
    return `${sum.digest('hex')}  ${file}`
  })
  const known = readFileSync(join(FIXTURES, 'kept.sha256'), 'utf8').trimEnd().split('\n')
  expect(sums.toSorted()).toEqual(known.toSorted())
})
