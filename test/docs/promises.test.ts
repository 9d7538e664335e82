import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { promises } from '../promises/rows/promises.js'

const ROOT = join(import.meta.dirname, '../..')
/** A row of a table of promises: its first cell, where the second one names a test or a benchmark. */
const PROMISE = /^\| (.+?) \| .*`(?:test\/|npm )/gm
const IMPORT = /\bfrom '(\.[^']+)\.js'/g

const mutants = promises.flatMap(({ mutants }) => mutants)

describe('the promises of docs/security.md', () => {
  it('are those that `npm run check:promises` breaks, word for word', () => {
    const text = readFileSync(join(ROOT, 'docs/security.md'), 'utf8')
    const made = [...text.matchAll(PROMISE)].map(([, promise]) => promise!)
    expect(made.length).toBeGreaterThan(30)
    expect(promises.map(({ promise }) => promise)).toEqual(made)
    expect(promises.filter(({ mutants }) => mutants.length === 0)).toEqual([])
  })

  it('would each be broken by a change of a text that occurs once', () => {
    const wrong = mutants.filter(({ file, text, replacement }) => {
      const occurrences = existsSync(join(ROOT, file)) ? readSource(file).split(text).length - 1 : 0
      return occurrences !== 1 || text === replacement
    })
    expect(wrong).toEqual([])
  })

  it('are kept by tests that are there', () => {
    // A test that is made of a table has its values in its name when it runs.
    const isTemplate = (name: string) => /%[sdifjoc#$]/.test(name)
    const wrong = mutants.filter(
      ({ test, name }) => isTemplate(name) || !textsOf(test).some((text) => text.includes(name)),
    )
    expect(wrong).toEqual([])
  })
})

function readSource(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** The texts of a test file and of all that it imports: the suites of other files are its own. */
function textsOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file) || !existsSync(join(ROOT, file))) return []
  seen.add(file)
  const text = readSource(file)
  const imports = [...text.matchAll(IMPORT)].map(([, path]) => normalize(join(dirname(file), `${path}.ts`)))
  return [text.replaceAll("\\'", "'"), ...imports.flatMap((path) => textsOf(path, seen))]
}
