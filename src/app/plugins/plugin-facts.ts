import type { DependencyContainer } from 'tsyringe'
import { PluginError } from '../../core/api/errors.js'
import type { Figure } from '../../core/figures/figure.js'
import { type OptionPlace, optionKey } from '../../core/options/option.js'
import { optionsSchema } from '../../core/options/options-schema.js'
import { allowedFor, defaultOf } from '../../core/options/read-option.js'
import { type PluginPlace, placeOf } from '../finding/plugin-place.js'
import { KINDS, type Kind, partsOf } from './part-kinds.js'
import { loaded } from './plugins.js'

/** What `qanat plugins NAME` shows of a plugin. */
export interface PluginFacts {
  readonly name: string
  /** What loaded it: a path, a package or 'built-in'. */
  readonly from: string
  /** Where its module is; absent if it comes from none. */
  readonly place?: PluginPlace
  readonly parts: readonly { readonly kind: Kind; readonly name: string; readonly summary: string }[]
  readonly options: readonly OptionFacts[]
  /** What it tells in the status; absent if it declares none. */
  readonly figures?: readonly FigureFacts[]
  /** The JSON Schema of its table in a file. */
  readonly schema: object
}

/** What it shows of an option. */
export interface OptionFacts {
  /** As files have it. Of a secret two keys stand for it: `KEY-file` and `KEY-env`. */
  readonly key: string
  readonly type: string
  readonly help: string
  /** What it may be, in words. */
  readonly allowed: string
  /** Where it may be set. */
  readonly in: readonly OptionPlace[]
  readonly default?: unknown
}

/** What it shows of a figure. */
export interface FigureFacts extends Figure {
  readonly name: string
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
    ...(origin.url !== undefined && { place: placeOf(origin.url) }),
    parts: KINDS.flatMap((kind) =>
      partsOf(plugin, kind).map(([part, { summary }]) => ({ kind, name: part, summary })),
    ),
    options: Object.entries(plugin.options ?? {}).map(([option, described]) => ({
      key: optionKey(option),
      type: described.type,
      help: described.help,
      allowed: allowedFor(described),
      in: described.in ?? ['file'],
      ...(defaultOf(described) !== undefined && { default: defaultOf(described) }),
    })),
    ...(plugin.figures !== undefined && {
      figures: Object.entries(plugin.figures).map(([figure, described]) => ({ name: figure, ...described })),
    }),
    schema: optionsSchema(plugin.options ?? {}),
  }
}

/** The JSON Schemas of the tables in files of all plugins that have options, by their names. */
export function optionSchemas(container: DependencyContainer): Readonly<Record<string, object>> {
  const described = loaded(container).flatMap(({ plugin: { name, options } }) =>
    options === undefined ? [] : [[name, optionsSchema(options)]],
  )
  return Object.fromEntries(described)
}

/** The plugins that were loaded from modules, with where those are. */
export function placesOf(container: DependencyContainer): ({ readonly name: string } & PluginPlace)[] {
  return loaded(container).flatMap(({ plugin, origin }) =>
    origin.url === undefined ? [] : [{ name: plugin.name, ...placeOf(origin.url) }],
  )
}
