/**
 * Replaces what is between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` in a page.
 *
 * @throws Error if the page has no such section.
 */
export function replaceSection(page: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`]
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`Cannot write the section '${name}': the page has no ${begin}`)
  return [page.slice(0, from + begin.length), '', ...lines, '', page.slice(to)].join('\n')
}

/** Lines of a table in Markdown; all columns but the first are numbers. */
export function markdownTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = titles.map((_, index) => (index === 0 ? '---' : '--:'))
  return [line(titles), line(rule), ...rows.map(line)]
}
