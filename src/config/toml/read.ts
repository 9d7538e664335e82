import { parse, TomlError } from 'smol-toml'
import { tableName, tomlDialect } from '../check/dialect.js'
import type { LineMap } from '../check/line-map.js'
import type { Parsed } from '../check/parsed.js'
import { ConfigFileError, type Path, unknownKey } from '../check/problems.js'
import { renameFormerKeys } from '../check/rename-former-keys.js'
import { isTable } from '../check/table.js'
import { entriesOf, itemOf, unwrapped } from '../check/validate.js'
import { fileSchema } from '../schema/schema.js'
import { TomlPositions } from './positions.js'

/**
 * Reads a TOML file's text.
 *
 * @throws ConfigFileError if it is not valid TOML.
 */
export function readToml(file: string, text: string): Parsed {
  const raw = parseToml(file, text)
  let lines: LineMap | undefined // only where something is wrong, since looking takes time
  const lineOf = (path: Path) => {
    lines ??= new TomlPositions(text).lines
    return lines.lineOf(path)
  }
  const parsed = renameFormerKeys({ schema: fileSchema, raw, dialect: tomlDialect, lineOf, problems: [] })
  const unknown = unknownKeys(parsed.raw).map(({ path, text }) => ({ line: lineOf(path), text }))
  return { ...parsed, problems: [...unknown, ...parsed.problems] }
}

function parseToml(file: string, text: string): unknown {
  try {
    return parse(text)
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown
    // Behind its first line the message shows the lines of the file, which may hold a key.
    const why = thrown.message.split('\n')[0]!.replace('Invalid TOML document: ', '')
    throw new ConfigFileError(file, [{ line: thrown.line, text: `not valid TOML: ${why}` }])
  }
}

/** Tables by their names, as they are written; without keys if they are not the same in each file. */
const TABLES = new Map(
  Object.entries(fileSchema.entries).map(([name, schema]) => {
    const inner = unwrapped(schema)
    const entries = entriesOf(itemOf(inner) ?? inner)
    return [name, { keys: entries && Object.keys(entries), list: itemOf(inner) !== undefined }]
  }),
)

/** Each key that stands in one table only, with the words that say in which. */
const HOMES = new Map<string, string>()
for (const [name, { keys }] of TABLES) {
  for (const key of keys ?? []) HOMES.set(key, HOMES.has(key) ? '' : `in ${tableName([name])}`)
}
for (const [key, home] of HOMES) if (home === '') HOMES.delete(key)

/** All keys that nothing is known of; what is no table where one belongs is left to the schema. */
function unknownKeys(raw: unknown): { path: Path; text: string }[] {
  if (!isTable(raw)) return []
  const found: { path: Path; text: string }[] = []
  for (const [name, value] of Object.entries(raw)) {
    const table = TABLES.get(name)
    if (table === undefined) {
      const text =
        isTable(value) || Array.isArray(value)
          ? unknownKey(name, 'at the top of the file', [...TABLES.keys()], new Map())
          : unknownKey(name, 'outside all tables', [...TABLES.keys()], HOMES)
      found.push({ path: [name], text })
      continue
    }
    const { keys } = table
    if (keys === undefined) continue
    for (const [index, item] of (Array.isArray(value) ? value : [value]).entries()) {
      const path = table.list ? [name, index] : [name]
      for (const key of isTable(item) ? Object.keys(item) : []) {
        if (keys.includes(key)) continue
        found.push({
          path: [...path, key],
          text: unknownKey(key, `in ${tableName(path)}`, keys, HOMES),
        })
      }
    }
  }
  return found
}
