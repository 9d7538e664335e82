import { nameShown } from '../../config/check/problems.js'
import { ConfigError } from '../../core/api/errors.js'

const SETTING = /^([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)=(.*)$/s

/**
 * What `--set NAME.KEY=VALUE` says, as tables [plugin.NAME] would; undefined if it is not given.
 *
 * @throws ConfigError if one is none, or stands there twice.
 */
export function pluginTables(set: readonly string[]): Record<string, Record<string, string>> | undefined {
  if (set.length === 0) return undefined
  const tables = new Map<string, Map<string, string>>()
  for (const text of set) {
    const [, name, key, value] = SETTING.exec(text) ?? []
    if (name === undefined || key === undefined || value === undefined) {
      throw refused(`Cannot read --set ${nameShown(text.split('=')[0]!)}: give NAME.KEY=VALUE`)
    }
    const table = tables.get(name) ?? new Map<string, string>()
    if (table.has(key)) throw refused(`Cannot take --set '${name}.${key}' twice`)
    tables.set(name, table.set(key, value))
  }
  return Object.fromEntries([...tables].map(([name, table]) => [name, Object.fromEntries(table)]))
}

function refused(message: string): ConfigError {
  return new ConfigError(message, { code: 'ERR_CONFIG_VALUE' })
}
