import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { CATALOG } from '../../../src/core/reasons/catalog.js'

const PAGE = join(import.meta.dirname, '../../../docs/troubleshooting.md')

it('docs/troubleshooting.md has the catalog of reasons: "npm run docs:api" writes it anew', async () => {
  const written = readFileSync(PAGE, 'utf8').replace(
    /(<!-- reasons: (\w+) -->\n)[\s\S]*?(<!-- reasons end -->)/g,
    (_, begin: string, side: string, end: string) => `${begin}${tableOf(side)}\n${end}`,
  )
  await expect(written).toMatchFileSnapshot(PAGE)
})

function tableOf(side: string): string {
  const rows = Object.entries(CATALOG)
    .filter(([, [, one]]) => one === side)
    .map(
      ([code, [step, , sentence, remedy]]) =>
        `| <a id="${code}"></a>\`${code}\` | ${step} | ${sentence} | ${remedy} |`,
    )
  return ['| code | step | sentence | what to do |', '| --- | --- | --- | --- |', ...rows].join('\n')
}
