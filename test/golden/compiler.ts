import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
// The compiler's own interface: 'typescript' itself exports no more than its version.
import { API, type Project } from 'typescript/unstable/sync'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'

export const ROOT = join(import.meta.dirname, '../..')
const TYPE_ROOT = join(ROOT, 'node_modules/@types')

/** Files with all that they import, as the compiler sees them until the test is over. */
export function compiledFiles(files: readonly string[]): Project {
  // A project of its own: of an opened file the compiler would load all that the repository's tsconfig.json names.
  const config = join(temporaryFolder(), 'tsconfig.json')
  const compilerOptions = {
    target: 'es2023',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [TYPE_ROOT],
  }
  writeFileSync(config, JSON.stringify({ compilerOptions, files }))
  const api = new API({ cwd: ROOT })
  onTestFinished(() => api.close())
  return api.updateSnapshot({ openProjects: [config] }).getProject(config)!
}
