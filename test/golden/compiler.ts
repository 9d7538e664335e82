import { join } from 'node:path'
// The compiler's own interface: 'typescript' itself exports no more than its version.
import { API, type Project } from 'typescript/unstable/sync'
import { onTestFinished } from 'vitest'

export const ROOT = join(import.meta.dirname, '../..')

/** A file with all that it imports, as the compiler sees it until the test is over. */
export function compiledFile(file: string): Project {
  return compiler()
    .updateSnapshot({ openFiles: [file] })
    .getDefaultProjectForFile(file)!
}

/** All that tsconfig.json names, as the compiler sees it until the test is over. */
export function compiledSources(): Project {
  const config = join(ROOT, 'tsconfig.json')
  return compiler()
    .updateSnapshot({ openProjects: [config] })
    .getProject(config)!
}

function compiler(): API {
  const api = new API({ cwd: ROOT })
  onTestFinished(() => api.close())
  return api
}
