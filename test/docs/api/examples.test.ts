import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../golden/compiler.js'
import { type Example, examplesIn } from './examples.js'
import { GIVEN } from './given.js'

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc')
const STRICT = {
  ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true, skipLibCheck: true },
  ...{ target: 'es2022', lib: ['es2023', 'esnext.disposable'], module: 'nodenext', rootDir: '.' },
  ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules/@types')] },
}
/** What is before every example. */
const SHOWN = `import assert from 'node:assert/strict'
import { inspect } from 'node:util'
const shown = (value: unknown) => (typeof value === 'string' ? value : inspect(value))
`
/** An expression, and its value in a comment. */
const VALUE = /^(.+) \/\/ (.+)\n$/
const run = promisify(execFile)

describe('the examples of docs/api.md', () => {
  const examples = examplesIn(readFileSync(join(ROOT, 'docs/api.md'), 'utf8'))
  const able = examples.map(({ name }) => name).filter((name) => GIVEN[name]?.notRun === undefined)
  let folder: string
  let found: string

  beforeAll(async () => {
    folder = mkdtempSync(join(ROOT, 'dist/examples-')) // within the package, whose name they import
    for (const example of examples) writeFileSync(join(folder, `${example.name}.ts`), moduleOf(example))
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: STRICT, include: ['.'] }))
    const compiled = await run(process.execPath, [TSC, '-p', folder]).catch((error) => error)
    found = compiled.stdout
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('are all known here', () => {
    expect(examples.map(({ name }) => name).toSorted()).toEqual(Object.keys(GIVEN).toSorted())
  })

  it('have the types that they say', () => {
    expect(found).toBe('')
  })

  it('do what they say, but for those that take another host or a runner of tests', async () => {
    expect(able.length).toBeGreaterThan(25)
    const all = join(folder, 'all.js')
    writeFileSync(all, able.map((name) => `await import('./${name}.js')\n`).join(''))
    const { stderr } = await run(process.execPath, [all])
    expect(stderr).toBe('')
  })
})

/** A module that is nothing but the example and what that takes for granted. */
function moduleOf({ code, entry, name }: Example): string {
  const { before = '', isValue, after = '' } = GIVEN[name] ?? {}
  const imports = entry === undefined ? '' : `import { ${name} } from '${entry}'\n`
  const body = isValue
    ? code.replace(VALUE, (_, value, shown) => `assert.equal(shown(${value}), '${shown}')`)
    : code
  return `${SHOWN}${imports}${before}\n${body}\n${after}\n`
}
