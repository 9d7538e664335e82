import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compiledFiles, ROOT } from '../../golden/compiler.js'
import { typesOf } from '../../golden/public-surface.js'
import { apiPage, type Entry } from './api-page.js'
import { declaredBy } from './declared.js'

const ENTRIES = [
  ['qanat/plugin', './plugin', 'What plugins are written with. It needs neither Node nor tsyringe.'],
  ['qanat', '.', 'What programs run tunnels with. It exports all of `qanat/plugin`, too.'],
  ['qanat/testing', './testing', 'The conformance suites, as data for any test runner.'],
  [
    'qanat/conformance',
    './conformance',
    'The same as tests of vitest. It exports all of `qanat/testing`, too.',
  ],
  [
    'qanat/di',
    './di',
    "Qanat's own tsyringe, whose decorators the containers of plugins know: all that it exports.",
  ],
] as const

describe('docs/api.md', () => {
  /** Read by the first test that asks. */
  let known: readonly Entry[] | undefined
  function entries(): readonly Entry[] {
    if (known !== undefined) return known
    const compiled = compiledFiles(ENTRIES.map(([, entry]) => typesOf(entry)))
    known = ENTRIES.map(([name, entry, about]) => ({
      ...{ name, about },
      exports: declaredBy(compiled, typesOf(entry)),
    }))
    return known
  }

  it('is what the declarations say: "npm run docs:api" writes it anew', async () => {
    await expect(apiPage(entries())).toMatchFileSnapshot(join(ROOT, 'docs/api.md'))
  })

  it('has every parameter of every function, what it throws, and an example', () => {
    const lacking = entries()
      .flatMap(({ exports }) => exports)
      .flatMap(({ doc, kind, name, parameters }) => {
        if (kind !== 'function') return []
        const said = (tag: string) =>
          doc.tags.filter((one) => one.tag === tag).map(({ text }) => text.split(/\s/)[0])
        const isDescribed = parameters.every((one, at) => one === '{}' || said('param')[at] === one)
        const undescribed =
          isDescribed && said('param').length === parameters.length ? [] : [`@param ${parameters}`]
        const others = ['throws', 'example'].filter((tag) => said(tag).length === 0).map((tag) => `@${tag}`)
        return [...undescribed, ...others].map((what) => `${name}: ${what}`)
      })
    expect([...new Set(lacking)]).toEqual([])
  })

  it('says something of whatever is exported', () => {
    const silent = entries().flatMap(({ exports }) => exports.filter(({ doc }) => doc.text === ''))
    expect(silent.map(({ name }) => name)).toEqual([])
  })
})
