import { toJsonSchema } from '@valibot/to-json-schema'
import { fileSchema } from './schema.js'
import type { KeyNotes } from './values.js'

/**
 * What a TOML file may hold, as editors read it: JSON Schema, draft 7.
 *
 * @param plugins the schemas of tables with options, by the plugins' names; of others nothing is said.
 */
export function jsonSchema(plugins: Readonly<Record<string, object>> = {}): object {
  // What JSON Schema cannot say is left to "qanat check".
  const schema = toJsonSchema(fileSchema, { errorMode: 'ignore' })
  const told = JSON.stringify(schema, (_name, value: unknown) => (isNoted(value) ? describe(value) : value))
  const whole = JSON.parse(told) as { readonly properties: { plugin: object } }
  const { plugin } = whole.properties
  const known = Object.keys(plugins).length > 0 && { properties: { ...plugins } }
  const properties = { ...whole.properties, plugin: { ...plugin, ...known } }
  return { title: 'A configuration file of Qanat', ...whole, properties }
}

interface Noted extends KeyNotes {
  readonly description?: string
}

function isNoted(value: unknown): value is Noted {
  return typeof (value as Partial<Noted> | null)?.allowed === 'string'
}

/** Puts the allowed values into the description, which editors show. */
function describe({ allowed, secret, description, ...rest }: Noted): object {
  return { ...rest, description: description === undefined ? allowed : `${description}. Allowed: ${allowed}` }
}
