import { ConfigError } from '../../core/api/errors.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type {
  NamedPlugin,
  OptionFault,
  PluginOptions,
  PluginTable,
} from '../../core/settings/plugin-options.js'
import type { Path } from '../check/problems.js'
import type { AnyModel } from '../schema/model.js'
import type { Files } from './transport-settings.js'

/** Ends of keys that say where a secret is, whatever the plugin: which options are secrets, it says later. */
const IN_FILE = '-file'
const IN_ENVIRONMENT = '-env'

/** Whether a plugin is named by its path, and not as a package. */
export function isPath(plugin: string): boolean {
  return /^\.{0,2}\//.test(plugin)
}

/** The plugins that a model names: whole paths, and names of packages, which are found from the folder of the model's file. */
export function pluginsOf({ interface: { plugins = [] } }: AnyModel, files: Files): readonly NamedPlugin[] {
  return plugins.map((plugin) =>
    isPath(plugin) ? files.resolve(plugin) : { name: plugin, from: files.resolve('.') },
  )
}

/**
 * What a model says of the options of plugins, with the secrets that it says the places of; undefined if it says nothing.
 *
 * @throws ConfigError if a secret is not there, or the wrong ones can read it, too.
 */
export function pluginOptions({ plugin }: AnyModel, files: Files): PluginOptions | undefined {
  if (plugin === undefined) return undefined
  const tables = Object.entries(plugin).map(([name, table]) => [name, tableOf(name, table, files)])
  return { folder: files.resolve('.'), tables: Object.fromEntries(tables) }
}

/**
 * What is wrong with what a model says of options. A secret that cannot be read is not among it: that is told when all that
 * the model names is read.
 */
export function optionFaults(model: AnyModel, files: Files, traits: PartTraits): readonly OptionFault[] {
  try {
    return traits.optionFaults(pluginOptions(model, files))
  } catch {
    return []
  }
}

/** Where a fault lies: a secret, at the key that says where it is. */
export function pathOf({ key, plugin }: OptionFault, model: AnyModel): Path {
  const table = model.plugin?.[plugin] ?? {}
  if (key === undefined) return ['plugin', plugin]
  const keys = [key, `${key}${IN_FILE}`, `${key}${IN_ENVIRONMENT}`]
  return ['plugin', plugin, keys.find((one) => Object.hasOwn(table, one)) ?? key]
}

function tableOf(name: string, table: Readonly<Record<string, unknown>>, files: Files): PluginTable {
  const values: [string, unknown][] = []
  const secrets: [string, string][] = []
  for (const [key, value] of Object.entries(table)) {
    if (typeof value === 'string' && key.endsWith(IN_FILE)) {
      secrets.push([key.slice(0, -IN_FILE.length), files.key(value)])
    } else if (typeof value === 'string' && key.endsWith(IN_ENVIRONMENT)) {
      const text = variable(`'${key}' in [plugin.${name}]`, value, files)
      secrets.push([key.slice(0, -IN_ENVIRONMENT.length), text])
    } else values.push([key, value])
  }
  return { values: Object.fromEntries(values), secrets: Object.fromEntries(secrets) }
}

function variable(what: string, name: string, { environment }: Files): string {
  const text = environment[name]
  if (text !== undefined && text !== '') return text
  throw new ConfigError(`Cannot read ${what}: the environment has no such variable`, {
    code: 'ERR_CONFIG_MISSING',
  })
}
