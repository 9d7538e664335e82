import { spawnSync } from 'node:child_process'

/** Milliseconds. */
const LIMIT = 5_000

/**
 * Parses a module and what it imports by a path, and ends by the first error of syntax. Nothing of it is run. Node says where
 * that is only in what it prints as it ends, and the parser that runs nothing is behind a flag.
 */
const SEARCH = `
import { readFileSync } from 'node:fs'
import { resolve, dirname } from 'node:path'
import { SourceTextModule } from 'node:vm'
const seen = new Set()
const look = (path) => {
  if (seen.has(path) || seen.size === 1000) return
  seen.add(path)
  const module = new SourceTextModule(readFileSync(path, 'utf8'), { identifier: path })
  const named = module.moduleRequests?.map(({ specifier }) => specifier) ?? module.dependencySpecifiers
  for (const specifier of named) if (/^[.]{0,2}[/]/.test(specifier)) look(resolve(dirname(path), specifier))
}
look(process.argv[1])
`

/** How Node begins to tell of an error of the syntax. */
const PLACE = /^(\/[^\n]*:\d+)\n.*\nSyntaxError: /s

/** Where a module, or one that it imports, cannot be parsed, as `PATH:LINE`; undefined if that is not found. */
export function syntaxPlace(path: string): string | undefined {
  const flags = ['--no-warnings', '--experimental-vm-modules', '--input-type=module']
  const { stderr } = spawnSync(process.execPath, [...flags, '--eval', SEARCH, path], {
    ...{ encoding: 'utf8', env: {}, timeout: LIMIT, stdio: ['ignore', 'ignore', 'pipe'] },
  })
  return PLACE.exec(stderr ?? '')?.[1]
}
