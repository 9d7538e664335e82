import type { DependencyContainer } from 'tsyringe'
import { PluginError } from '../../core/api/errors.js'
import { optionKey } from '../../core/options/option.js'
import { allowedFor } from '../../core/options/read-option.js'
import { KINDS, type Kind, partsOf } from './part-kinds.js'
import { loaded } from './plugins.js'

/** What is told of a plugin. */
export interface PluginFacts {
  readonly name: string
  /** Where it comes from: what the user gave. */
  readonly from: string
  readonly parts: readonly { readonly kind: Kind; readonly name: string; readonly summary: string }[]
  readonly options: readonly OptionFacts[]
}

/** What is told of an option of a plugin. */
export interface OptionFacts {
  /** As files have it. Of a secret two keys stand for it: `KEY-file` and `KEY-env`. */
  readonly key: string
  readonly type: string
  readonly help: string
  /** What it may be, in words. */
  readonly allowed: string
  readonly default?: unknown
}

/**
 * What there is to tell of a plugin that is loaded.
 *
 * @throws PluginError ERR_PLUGIN_UNKNOWN that lists those that are.
 */
export function pluginFacts(container: DependencyContainer, name: string): PluginFacts {
  const known = loaded(container)
  const found = known.find(({ plugin }) => plugin.name === name)
  if (found === undefined) {
    const names = known.map(({ plugin }) => plugin.name).join(', ')
    throw new PluginError(`Cannot tell of plugin '${name}': loaded are ${names}`, {
      code: 'ERR_PLUGIN_UNKNOWN',
    })
  }
  const { plugin, origin } = found
  return {
    name,
    from: origin.name,
    parts: KINDS.flatMap((kind) =>
      partsOf(plugin, kind).map(([part, { summary }]) => ({ kind, name: part, summary })),
    ),
    options: Object.entries(plugin.options ?? {}).map(([option, described]) => ({
      key: optionKey(option),
      type: described.type,
      help: described.help,
      allowed: allowedFor(described),
      ...('default' in described && { default: described.default }),
    })),
  }
}
