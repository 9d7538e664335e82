import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const FOLDER = join(ROOT, 'dist/program')
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.js'))
const { bin, dependencies, exports, optionalDependencies, peerDependencies } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
)
/** What others start or import. */
const ENTRIES = [
  ...Object.values<string>(bin),
  ...Object.values<{ readonly default: string }>(exports).map((one) => one.default),
].map((path) => path.replace(/^.*\/program\//, ''))

const IMPORT = /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*["']([^"']+)["']/gm
const REQUIRE = /\brequirePackage\("([^"]+)"\);$/gm

/** What a file imports without a call, in its order, and the packages that it requires after that. */
function importsOf(file: string): string[] {
  const code = readFileSync(join(FOLDER, file), 'utf8')
  return [...code.matchAll(IMPORT), ...code.matchAll(REQUIRE)].map(([, target]) =>
    target!.replace(/^\.\//, ''),
  )
}

/** Files and packages in the order in which they run when a file is loaded. */
function orderOf(file: string, ran: string[] = [], above: readonly string[] = []): string[] {
  if (above.includes(file)) throw new Error(`A circle: ${[...above, file].join(' → ')}`)
  if (ran.includes(file)) return ran
  if (FILES.includes(file)) for (const target of importsOf(file)) orderOf(target, ran, [...above, file])
  if (!ran.includes(file)) ran.push(file)
  return ran
}

/** The package that something imported belongs to. */
function packageOf(target: string): string {
  return target.split('/', target.startsWith('@') ? 2 : 1).join('/')
}

/** A source's path, of each module in a file. */
function sourcesOf(file: string): string[] {
  const { sources } = JSON.parse(readFileSync(join(FOLDER, `${file}.map`), 'utf8')) as { sources: string[] }
  return sources.map((source) => resolve(FOLDER, source))
}

it('has what the package starts and lends', () => {
  for (const entry of ENTRIES) expect(FILES).toContain(entry)
})

it('has no circle of files, of which one would run before what it needs', () => {
  for (const file of FILES) expect(() => orderOf(file)).not.toThrow()
})

it.each(FILES.filter((file) => orderOf(file).includes('tsyringe')))(
  'runs reflect-metadata before tsyringe, whatever is loaded first: %s',
  (file) => {
    // A part is loaded by what has run it already.
    if (!ENTRIES.includes(file) && !importsOf(file).includes('reflect-metadata')) return
    const order = orderOf(file)
    expect(order.indexOf('reflect-metadata')).toBeGreaterThanOrEqual(0)
    expect(order.indexOf('reflect-metadata')).toBeLessThan(order.indexOf('tsyringe'))
  },
)

it('asks Node for its own modules, and imports none: that would load all that they may export', () => {
  for (const file of FILES) {
    expect(readFileSync(join(FOLDER, file), 'utf8'), file).not.toMatch(/^import .*"node:/m)
  }
  expect(importsOf('main.js')).toEqual(['part-version.js'])
})

it('imports no package in CommonJS: Node would parse its files for names first, by code that it compiles for that', () => {
  const typeOf = (name: string) =>
    JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).type
  const passedOn = ['di.js'] // lends what it imports
  const imported = FILES.filter((file) => !passedOn.includes(file)).flatMap((file) =>
    [...readFileSync(join(FOLDER, file), 'utf8').matchAll(IMPORT)].map(([, target]) =>
      packageOf(target!.replace(/^\.\//, '')),
    ),
  )
  const packages = new Set(imported.filter((name) => !FILES.includes(name) && !name.startsWith('node:')))
  expect(packages).toContain('valibot')
  expect([...packages].filter((name) => typeOf(name) !== 'module')).toEqual([])
})

it('has no file that only passes on what another one exports', () => {
  const passesOn = /^(?:\/\/.*\n|#!.*\n)*export \{[^}]*\} from "[^"]*";\s*$/
  const lent = (file: string) => ENTRIES.includes(file) || file === 'builtins.js'
  expect(
    FILES.filter((file) => !lent(file) && passesOn.test(readFileSync(join(FOLDER, file), 'utf8'))),
  ).toEqual([])
})

it('holds each of our modules once and no package: plugins share packages with it', () => {
  const all = FILES.flatMap((file) => (existsSync(join(FOLDER, `${file}.map`)) ? sourcesOf(file) : []))
  expect(all.length).toBeGreaterThan(500)
  expect(all.filter((path, at) => all.indexOf(path) !== at)).toEqual([])
  expect(all.filter((path) => !path.startsWith(join(ROOT, 'src/')))).toEqual([])
  const packages = FILES.flatMap(importsOf).filter((one) => !FILES.includes(one) && !one.startsWith('node:'))
  const known = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  expect(packages.filter((target) => !known.includes(packageOf(target)))).toEqual([])
})

it('names the lines of sources that there are', () => {
  for (const file of FILES.filter((name) => existsSync(join(FOLDER, `${name}.map`)))) {
    for (const source of sourcesOf(file)) expect(existsSync(source), source).toBe(true)
  }
})

it.each([
  ['main.js', 3, []],
  ['plugin.js', 3, []],
  ['index.js', 6, ['reflect-metadata']],
])('loads little with %s', (entry, most, packages) => {
  const order = orderOf(entry)
  expect(order.filter((one) => !FILES.includes(one) && !one.startsWith('node:'))).toEqual(packages)
  expect(order.filter((one) => FILES.includes(one)).length).toBeLessThanOrEqual(most)
})
