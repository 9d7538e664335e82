import { nameShown } from '../../config/check/problems.js'
import { hint } from '../../config/check/suggest.js'
import { isSetIn, type Option, optionsByKey } from '../../core/options/option.js'
import { readOption, refusalOf } from '../../core/options/read-option.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import { shownOption } from './take-options.js'

/** What the query of an endpoint says of options. */
interface InQuery {
  /** By the names that the plugin gives its options. */
  readonly set: Readonly<Record<string, unknown>>
  /** What is wrong, each to stand behind what the endpoint is called. They show no secret. */
  readonly faults: readonly string[]
}

/**
 * What the query of an endpoint sets of a plugin's options. If the plugin has none for endpoints, the query is its
 * transport's own matter.
 */
export function optionsInQuery({ name, options = {} }: Plugin, { searchParams }: URL): InQuery {
  const set: Record<string, unknown> = {}
  const faults: string[] = []
  const all = optionsByKey(options)
  const inEndpoints = new Map([...all].filter(([, { option }]) => isSetIn('endpoint', option)))
  if (inEndpoints.size === 0) return { set, faults }
  const hidesTexts = Object.values(options).some(({ type }) => type === 'secret')
  for (const [key, given] of searchParams) {
    const called = inEndpoints.get(key)
    if (called === undefined) {
      faults.push(
        `has the key ${nameShown(key)} in its query, ${strayed(key, all.get(key)?.option, name, inEndpoints)}`,
      )
    } else if (searchParams.getAll(key).length > 1) {
      faults.push(`has the key '${key}' twice in its query`)
    } else {
      const value = readOption(called.option, given)
      if (value !== undefined) set[called.name] = value
      else {
        const { option } = called
        const why = refusalOf(option, given, shownOption(option, given, hidesTexts))
        faults.push(`has the key '${key}' in its query: ${why}`)
      }
    }
  }
  return { set, faults: [...new Set(faults)] }
}

/** Why a key does not belong there, and where it does. */
function strayed(
  key: string,
  option: Option | undefined,
  plugin: string,
  known: ReadonlyMap<string, unknown>,
): string {
  if (option?.type === 'secret') {
    return `a secret, which no URL holds; give '${key}-file' or '${key}-env' in [plugin.${plugin}]`
  }
  if (option !== undefined) return `which belongs in [plugin.${plugin}]`
  return `which is no option; ${hint(key, [...known.keys()])}`
}
