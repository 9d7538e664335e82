import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const IMPORT = /\bfrom '([^']+)'|^import '([^']+)'/gm

/** What a source imports and re-exports, types too, and what that does, and so on: files of ours, and packages by name. */
export function importedBy(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const left = [entry]
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (files.has(file)) continue
    files.add(file)
    for (const [, from, alone] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const target = (from ?? alone)!
      const ours = join(dirname(file), target.replace(/\.js$/, '.ts'))
      if (target.startsWith('.') && existsSync(ours)) left.push(ours)
      else packages.add(target)
    }
  }
  return { files, packages }
}
