import { asError } from '../../core/api/errors.js'
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

/** Where a secret may be, by the end of the key that says it, whatever the plugin: which options are secrets, it says later. */
const PLACES = [
  { end: '-file', holds: 'the path of a file', read: inFile },
  { end: '-env', holds: 'the name of a variable', read: inEnvironment },
] as const

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

/** What is wrong with what a model says of options, secrets that cannot be read among it. */
export function optionFaults({ faults, options }: SaidOptions, traits: PartTraits): readonly OptionFault[] {
  const ofPlugins = traits.optionFaults(options)
  const isToldOf = ({ key, plugin }: OptionFault) =>
    ofPlugins.some((other) => other.plugin === plugin && (other.key ?? key) === key)
  return [...ofPlugins, ...faults.filter((fault) => !isToldOf(fault))]
}

/** Where a fault lies: a secret, at the key that says where it is. */
export function pathOf({ key, plugin }: OptionFault, model: AnyModel): Path {
  const table = model.plugin?.[plugin] ?? {}
  if (key === undefined) return ['plugin', plugin]
  const keys = [key, ...PLACES.map(({ end }) => `${key}${end}`)]
  return ['plugin', plugin, keys.find((one) => Object.hasOwn(table, one)) ?? key]
}

/** What a model says of options, and what is wrong with the secrets among it, in whose place something else stands then. */
export interface SaidOptions {
  readonly options: PluginOptions | undefined
  readonly faults: readonly OptionFault[]
}

/** What stands for a secret that cannot be read, so that the rest is checked all the same. */
const UNREAD = 'unread'

/** Reads what a model says of the options of plugins, with the secrets that it says the places of; no options if it says nothing. */
export function readOptions({ plugin }: AnyModel, files: Files): SaidOptions {
  const faults: OptionFault[] = []
  if (plugin === undefined) return { options: undefined, faults }
  const tables = Object.entries(plugin).map(([name, table]) => {
    const refuse = (key: string, called: string, why: string) => {
      faults.push({ plugin: name, key, text: `option '${called}' of plugin '${name}': ${why}` })
      return UNREAD
    }
    return [name, tableOf(table, files, refuse)]
  })
  return { options: { folder: files.resolve('.'), tables: Object.fromEntries(tables) }, faults }
}

/** Notes what is wrong with an option, which the model calls `called`, and gives what stands in its place. */
type Refuse = (key: string, called: string, why: string) => string

function tableOf(table: Readonly<Record<string, unknown>>, files: Files, refuse: Refuse): PluginTable {
  const values: [string, unknown][] = []
  const secrets = new Map<string, string>()
  for (const [called, value] of Object.entries(table)) {
    const place = PLACES.find(({ end }) => called.endsWith(end))
    if (place === undefined) {
      values.push([called, value])
      continue
    }
    const key = called.slice(0, -place.end.length)
    const refused = (why: string) => refuse(key, called, why)
    secrets.set(
      key,
      secrets.has(key)
        ? refused(`its secret has two places; give '${key}-file' or '${key}-env'`)
        : secretAt(place, value, files, refused),
    )
  }
  return { values: Object.fromEntries(values), secrets: Object.fromEntries(secrets) }
}

function secretAt(
  { holds, read }: (typeof PLACES)[number],
  place: unknown,
  files: Files,
  refused: (why: string) => string,
): string {
  if (typeof place !== 'string' || place === '') return refused(`it is not ${holds}`)
  try {
    return read(place, files)
  } catch (thrown) {
    return refused(asError(thrown).message)
  }
}

function inFile(path: string, files: Files): string {
  try {
    return files.key(path)
  } catch (thrown) {
    const { cause } = asError(thrown)
    throw new Error(`cannot read ${files.resolve(path)}: ${asError(cause ?? thrown).message}`)
  }
}

function inEnvironment(name: string, { environment }: Files): string {
  const text = environment[name]
  if (text !== undefined && text !== '') return text
  throw new Error('the environment has no such variable')
}
