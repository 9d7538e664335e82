import type { Dialect, Path } from './problems.js'

/** How a TOML file calls things. */
export const tomlDialect: Dialect = {
  describe(path) {
    const names = path.filter((step) => typeof step === 'string')
    const [first] = names
    if (names.length < (first === 'plugin' ? 3 : 2)) return first === undefined ? 'the file' : tableName(path)
    return `'${names.at(-1)}' in ${tableName(path)}`
  },
  keyMayFollow: true,
}

/** How the table around a path is written. */
export function tableName([name, index]: Path): string {
  if (name === 'plugin' && index !== undefined) return `[plugin.${index}]`
  const list = name === 'peer'
  const number = list && typeof index === 'number' ? ` ${index + 1}` : ''
  return list ? `[[${name}]]${number}` : `[${name}]`
}
