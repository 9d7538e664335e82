import { jsonSchema } from '../../config/schema/json-schema.js'
import { silentLogger } from '../../core/api/logger.js'
import { EXIT_OK } from '../output/exit-codes.js'
import { print } from '../output/output.js'

/** The options of `schema`. */
export interface SchemaOptions {
  readonly plugin: readonly string[]
}

/** Prints the JSON Schema of TOML files, with the options of plugins, which are loaded if there are any. */
export async function schema({ plugin }: SchemaOptions): Promise<number> {
  print(`${JSON.stringify(jsonSchema(await schemasOf(plugin)), null, 2)}\n`)
  return EXIT_OK
}

async function schemasOf(plugins: readonly string[]): Promise<Readonly<Record<string, object>>> {
  if (plugins.length === 0) return {}
  const { createContainer } = await import('../../app/container.js')
  const { optionSchemas } = await import('../../app/plugins/plugin-facts.js')
  return optionSchemas(await createContainer(silentLogger, plugins))
}
