import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { kitCases } from '../../../src/conformance/testing.js'

const ROOT = join(import.meta.dirname, '../../..')

it("shows a link of one's own in docs/plugins.md that keeps what links promise", async () => {
  const page = readFileSync(join(ROOT, 'docs/plugins.md'), 'utf8')
  const [, code] = /### A link of one's own\n.*?```js\n(.*?)```\n/s.exec(page)!
  const folder = mkdtempSync(join(ROOT, 'dist/own-link-')) // within the package, whose name it imports
  try {
    const file = join(folder, 'own-link.js')
    writeFileSync(file, code!)
    const module = await import(file)
    const endpoint = new URL('own://127.0.0.1:0')
    const broken: string[] = []
    for (const { name, run } of kitCases(module, { transports: { own: { setup: () => ({ endpoint }) } } })) {
      try {
        await run()
      } catch (thrown) {
        broken.push(`${name}: ${(thrown as Error).message}`)
      }
    }
    expect(broken).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
