import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const FOLDERS = ['test', 'plugins']
/** What a test counts of its process, in which files that ran there before have left something, or V8 has learned from them. */
const COUNTS =
  /\bExecutions\b|\bgetActiveResourcesInfo\b|\/proc\/self\/|\bmemoryUsage\b|\bwatchers\b|\bstayOnCpu\b|\bcountCrypto\b/
/** Mocks reach only what is loaded after them, and stay in it; what is loaded anew has koffi name its types a second time. */
const MOCKS = /\bvi\.(?:mock|doMock|resetModules)\(/

/** Files of tests that need a process that ran no other, as paths from the root of the repository. */
export function testsOfOwnProcess(): string[] {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => `${folder}/${name}`),
  )
  const needsOwn = (text: string) => COUNTS.test(text) || MOCKS.test(text)
  return files.filter((file) => needsOwn(readFileSync(join(ROOT, file), 'utf8'))).toSorted()
}
