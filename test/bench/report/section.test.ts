import { expect, it } from 'vitest'
import { markdownTable, replaceSection } from '../../../bench/report/section.js'

it('replaces what is between the marks, as often as one likes', () => {
  const page = 'before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nafter'
  const once = replaceSection(page, 'a', ['new', 'lines'])
  expect(once).toBe('before\n<!-- bench:a -->\n\nnew\nlines\n\n<!-- /bench:a -->\nafter')
  expect(replaceSection(once, 'a', ['new', 'lines'])).toBe(once)
})

it('refuses a page without the section', () => {
  expect(() => replaceSection('<!-- bench:a -->', 'a', [])).toThrow("Cannot write the section 'a'")
})

it('makes tables of Markdown', () => {
  expect(markdownTable(['x', 'y'], [['a', '1']])).toEqual(['| x | y |', '| --- | --: |', '| a | 1 |'])
})
