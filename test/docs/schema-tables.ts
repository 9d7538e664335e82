import * as v from 'valibot'
import { entriesOf, itemOf, unwrapped } from '../../src/config/check/validate.js'
import { fileSchema } from '../../src/config/schema/schema.js'

/** A table of the documentation with every key of a table of TOML files. */
export interface KeyTable {
  /** As it is written: `[interface]` or `[[peer]]`. */
  readonly heading: string
  readonly keys: readonly string[]
  readonly markdown: string
}

/** What docs/configuration.md has to say of every key, in the order of the schema. */
export const KEY_TABLES: readonly KeyTable[] = Object.entries(fileSchema.entries).flatMap(
  ([name, schema]) => {
    const inner = unwrapped(schema)
    const item = itemOf(inner)
    const known = entriesOf(item ?? inner)
    if (known === undefined) return [] // the keys of plugins' tables are theirs
    const entries = Object.entries(known)
    const rows = entries.map(([key, value]) => `| \`${key}\` | ${description(value)} | ${allowed(value)} |`)
    return {
      heading: item === undefined ? `[${name}]` : `[[${name}]]`,
      keys: entries.map(([key]) => key),
      markdown: ['| key | what it is | allowed |', '|---|---|---|', ...rows].join('\n'),
    }
  },
)

function description(schema: v.GenericSchema): string {
  return cell(v.getDescription(unwrapped(schema) as Parameters<typeof v.getDescription>[0])!)
}

function allowed(schema: v.GenericSchema): string {
  const notes = v.getMetadata(unwrapped(schema) as Parameters<typeof v.getMetadata>[0])
  return cell(String(notes.allowed))
}

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
