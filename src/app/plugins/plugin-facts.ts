import type { DependencyContainer } from 'tsyringe'
import { PluginError } from '../../core/api/errors.js'
import { optionKey } from '../../core/options/option.js'
import { allowedFor } from '../../core/options/read-option.js'
import { KINDS, type Kind, partsOf } from './part-kinds.js'
import { loaded } from './plugins.js'

/** What `qanat plugins NAME` shows of a plugin. */
export interface PluginFacts {
  readonly name: string
  /** What loaded it: a path, a package or 'built-in'. */
  readonly from: string
  readonly parts: readonly { readonly kind: Kind; readonly name: string; readonly summary: string }[]
  readonly options: readonly OptionFacts[]
}

/** What it shows of an option. */
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
 * The facts of a loaded plugin.
 *
 * @throws PluginError ERR_PLUGIN_UNKNOWN that lists the plugins that are loaded.
 */
export function pluginFacts(container: DependencyContainer, name: string): PluginFacts {
  const known = loaded(container)
  const found = known.find(({ plugin }) => plugin.name === name)
  if (found === undefined) {
    const names = known.map(({ plugin }) => plugin.name).join(', ')
    throw new PluginError(`Cannot show plugin '${name}': loaded are ${names}`, {
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
