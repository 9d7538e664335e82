import { resolve } from 'node:path'
import { nameShown, shortened } from '../../config/check/problems.js'
import { suggest } from '../../config/check/suggest.js'
import { ConfigError } from '../../core/api/errors.js'
import { redactText } from '../../core/api/redact.js'
import { isSetIn, type Option, type Options, optionsByKey } from '../../core/options/option.js'
import { defaultOf, isNumberFor, readOption, refusalOf } from '../../core/options/read-option.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import type { OptionFault, PluginOptions, PluginTable } from '../../core/settings/plugin-options.js'

const NOTHING_SAID: PluginTable = { values: {}, secrets: {} }
/** Characters of a text that a message shows; a longer one may be a secret that lost its place. */
const SHOWN = 24

/** The options of each plugin, in the order of the plugins, and what is wrong with what is said of them. */
export interface TakenOptions {
  readonly taken: readonly object[]
  readonly faults: readonly OptionFault[]
}

/**
 * The options of each plugin, in the order of the plugins, as a configuration says them, with their defaults.
 *
 * @throws ConfigError that tells everything that is wrong, a line each. It shows no secret.
 */
export function takeOptions(plugins: readonly Plugin[], said: PluginOptions | undefined): readonly object[] {
  const { faults, taken } = optionsOfAll(plugins, said)
  if (faults.length === 0) return taken
  throw new ConfigError(faults.map(({ text }) => `Cannot take ${text}`).join('\n'), {
    code: 'ERR_CONFIG_VALUE',
  })
}

/** The same, but what is wrong is told in place of thrown. It shows no secret. */
export function optionsOfAll(plugins: readonly Plugin[], said: PluginOptions | undefined): TakenOptions {
  const { tables = {}, folder = '.' } = said ?? {}
  const names = plugins.map(({ name }) => name)
  const faults: OptionFault[] = Object.keys(tables)
    .filter((plugin) => !names.includes(plugin))
    .map((plugin) => ({
      plugin,
      key: undefined,
      text: `options of plugin ${nameShown(plugin)}: no plugin of that name is loaded`,
    }))
  const taken = plugins.map(({ name, options = {} }) => {
    const refuse = (key: string, why: string) => {
      faults.push({ plugin: name, key, text: `option ${nameShown(key)} of plugin '${name}': ${why}` })
    }
    return optionsOf(options, Object.hasOwn(tables, name) ? tables[name]! : NOTHING_SAID, folder, refuse)
  })
  return { taken, faults }
}

type Refuse = (key: string, why: string) => void

function optionsOf(options: Options, table: PluginTable, folder: string, refuse: Refuse): object {
  const keys = optionsByKey(options)
  const hidesTexts = Object.values(options).some(({ type }) => type === 'secret')
  const taken: Record<string, unknown> = {}
  for (const { name, option } of keys.values()) taken[name] = defaultOf(option)
  for (const [key, given] of Object.entries(table.values)) {
    const { name, option } = keys.get(key) ?? {}
    if (name === undefined || option === undefined) refuse(key, unknown(key, [...keys.keys()]))
    else if (option.type === 'secret') refuse(key, `it is a secret; give '${key}-file' or '${key}-env'`)
    else if (!isSetIn('file', option)) refuse(key, "it is set in the query of an endpoint, '?KEY=VALUE'")
    else {
      const value = readOption(option, given)
      if (value === undefined) refuse(key, refusalOf(option, given, shownOption(option, given, hidesTexts)))
      else taken[name] = value
    }
  }
  for (const [key, text] of Object.entries(table.secrets)) {
    const { name, option } = keys.get(key) ?? {}
    if (name === undefined || option === undefined) refuse(key, unknown(key, [...keys.keys()]))
    else if (option.type !== 'secret') refuse(key, `it is no secret; give '${key}' itself`)
    else if (text === '') refuse(key, 'its file is empty')
    else taken[name] = text
  }
  for (const { name, option } of keys.values()) {
    if (option.type === 'path' && taken[name] !== undefined)
      taken[name] = resolve(folder, taken[name] as string)
  }
  return Object.freeze(taken)
}

function unknown(key: string, known: readonly string[]): string {
  if (known.length === 0) return 'it has no options'
  const meant = suggest(key, known)
  return meant === undefined
    ? `it has none of that name; known are ${known.join(', ')}`
    : `did you mean '${meant}'?`
}

/** What was given. A text may be a secret in the wrong place if the plugin has one, or if it is long. */
export function shownOption(option: Option, given: unknown, hidesTexts: boolean): string {
  if (typeof given !== 'string') return Array.isArray(given) ? 'a list' : String(given)
  if (isNumberFor(option, given)) return `'${given}'`
  return hidesTexts || given.length > SHOWN
    ? `a text of ${given.length} characters`
    : `'${redactText(shortened(given))}'`
}
