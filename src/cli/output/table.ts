/** A column: its title, and whether its cells are numbers, which are aligned at their ends. */
export interface Column {
  readonly title: string
  readonly numeric?: boolean
}

const GAP = '  '

/** Lines of a table whose columns are as wide as their widest cell. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const titles = columns.map(({ title }) => title)
  const widths = columns.map((_, at) => Math.max(...[titles, ...rows].map((row) => row[at]!.length)))
  const format = (row: readonly string[]) =>
    row
      .map((cell, at) => (columns[at]!.numeric ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!)))
      .join(GAP)
      .trimEnd()
  return [format(titles), widths.map((width) => '─'.repeat(width)).join(GAP), ...rows.map(format)]
}
