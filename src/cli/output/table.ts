/** A column: its title, and whether its cells are numbers, which are aligned at their ends. */
export interface Column {
  readonly title: string
  readonly numeric?: boolean
}

const GAP = '  '
/** Columns of a screen that the last column of a table needs at least to be read when it is folded. */
const LEAST = 24

/**
 * Lines of a table whose columns are as wide as their widest cell. If that is wider than `width`, its last column is folded;
 * if too little is left for that, each row becomes lines of `title  cell`, folded too.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const titles = columns.map(({ title }) => title)
  const widths = columns.map((_, at) => Math.max(...[titles, ...rows].map((row) => row[at]!.length)))
  const last = columns.length - 1
  const others = widths.slice(0, last).reduce((sum, one) => sum + one + GAP.length, 0)
  const left = width - others
  if (widths[last]! > left && left < LEAST) return formatRecords(titles, rows, width)
  widths[last] = Math.min(widths[last]!, left)
  const format = (row: readonly string[]) => {
    const cells = row.map((cell, at) =>
      columns[at]!.numeric ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
    )
    const [first = '', ...rest] = columns[last]!.numeric ? [cells[last]!] : folded(row[last]!, widths[last]!)
    return [
      [...cells.slice(0, last), first].join(GAP).trimEnd(),
      ...rest.map((line) => `${' '.repeat(others)}${line}`),
    ]
  }
  return [...format(titles), widths.map((one) => '─'.repeat(one)).join(GAP), ...rows.flatMap(format)]
}

/** A line for each cell, with an empty one between rows. */
function formatRecords(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const indent = Math.max(...titles.map(({ length }) => length)) + GAP.length
  return rows.flatMap((row, index) => [
    ...(index > 0 ? [''] : []),
    ...row.flatMap((cell, at) =>
      folded(cell, Math.max(1, width - indent)).map((line, number) =>
        `${(number === 0 ? titles[at]! : '').padEnd(indent)}${line}`.trimEnd(),
      ),
    ),
  ])
}

/** A text in lines of that many characters, parted at spaces if there are any. */
function folded(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const end = space > 0 ? space : width
    lines.push(rest.slice(0, end))
    rest = rest.slice(end).trimStart()
  }
  return [...lines, rest]
}
