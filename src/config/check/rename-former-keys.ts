import { newName } from '../schema/former-keys.js'
import type { Parsed } from './parsed.js'
import type { Path, Problem } from './problems.js'
import { isTable } from './table.js'

/**
 * What was parsed with former names of keys replaced by those of now, and a remark for each. Lines and descriptions remain
 * those of the names that were written; to give a value by both names is a problem.
 */
export function renameFormerKeys(parsed: Parsed): Parsed {
  const { dialect, lineOf, raw } = parsed
  const problems: Problem[] = [...parsed.problems]
  const remarks: Problem[] = []
  /** The former name of each renamed key, by its table and its new name. */
  const written = new Map<string, string>()
  const renamed = (table: string, values: Readonly<Record<string, unknown>>) => {
    const entries = Object.entries(values).map(([key, value]) => {
      const name = newName(table, key)
      if (name === undefined) return [key, value]
      const [former, now] = [dialect.describe([table, key]), dialect.describe([table, name])]
      const line = lineOf([table, key])
      if (name in values)
        problems.push({ line, text: `${former} is the former name of ${now}: give one of them` })
      else remarks.push({ line, text: `${former} is now called ${now}; the former name will stop working` })
      written.set(`${table} ${name}`, key)
      return [name, value]
    })
    return Object.fromEntries(entries)
  }
  if (!isTable(raw)) return parsed
  const tables = Object.entries(raw).map(([name, values]) => [
    name,
    isTable(values) ? renamed(name, values) : values,
  ])
  if (written.size === 0) return parsed
  const asWritten = (path: Path): Path => {
    const former = written.get(path.slice(0, 2).join(' '))
    return former === undefined ? path : [path[0]!, former, ...path.slice(2)]
  }
  return {
    ...parsed,
    raw: Object.fromEntries(tables),
    problems,
    remarks,
    lineOf: (path) => lineOf(asWritten(path)),
    dialect: { ...dialect, describe: (path) => dialect.describe(asWritten(path)) },
  }
}
