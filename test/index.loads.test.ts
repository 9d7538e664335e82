import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'

const BUILT = join(import.meta.dirname, '../dist/src')
const IMPORT = /^\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*'([^']+)'/gm

/** What is loaded with a module before anything of it is called: modules of ours, and packages. */
function loadedWith(module: string, found = new Set<string>()): Set<string> {
  found.add(relative(BUILT, module))
  for (const [, target] of readFileSync(module, 'utf8').matchAll(IMPORT)) {
    const path = resolve(dirname(module), target!)
    if (!target!.startsWith('.')) found.add(target!)
    else if (!found.has(relative(BUILT, path))) loadedWith(path, found)
  }
  return found
}

it.each([
  ['index.js', ['node:crypto', 'reflect-metadata'], 58],
  ['app/plugin.js', [], 25],
])(
  '%s loads little: plugins import it, and need nothing of tunnels and handshakes',
  (entry, packages, most) => {
    const loaded = [...loadedWith(join(BUILT, entry))]
    const heavy = /^(ciphers\/noise\/|config|native|host|app\/(tunnel|plugins|library\/embedded))/
    expect(loaded.filter((one) => one.endsWith('.js') && heavy.test(one))).toEqual([])
    expect(loaded.filter((one) => !one.endsWith('.js')).toSorted()).toEqual(packages)
    expect(loaded.length).toBeLessThanOrEqual(most)
  },
)
