// Removes from dist every declaration that none of the package's entry points reaches, before the package is made:
// of each ten, nine describe what no import can name. The compiler's own notes go too, or it would not write them again.
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const root = join(import.meta.dirname, '..')
const dist = join(root, 'dist')
/** What another module is imported by, in whichever way. */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g

const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const reached = new Set()
const left = Object.values(exports).map(({ types }) => resolve(root, types))
for (let file = left.pop(); file !== undefined; file = left.pop()) {
  if (reached.has(file)) continue
  reached.add(file)
  for (const [, target] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    left.push(resolve(dirname(file), `${target}.d.ts`))
  }
}
for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
  const file = join(dist, name)
  if (name.endsWith('.d.ts') && !reached.has(file)) rmSync(file)
}
rmSync(join(dist, '.tsbuildinfo'), { force: true })
