import { resolve } from 'node:path'
import type { DependencyContainer } from 'tsyringe'
import { PluginError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import type { TraitsOf } from '../../core/api/transport.js'
import { CLOCK, LOGGER } from '../../core/injection/tokens.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import type { NamedPlugin, PluginOptions } from '../../core/settings/plugin-options.js'
import { schemeOf } from '../../core/settings/scheme.js'
import type { Clock } from '../../core/time/clock.js'
import { shareCarrierParts } from '../../transports/shared/carrier-parts.js'
import type { PluginFigures } from '../figures/figure-values.js'
import { checkDescriptor, isObject } from './descriptor-check.js'
import { LoadedPart, schemesOf } from './loaded-part.js'
import { invalid, LoadedPlugin, type Origin } from './loaded-plugin.js'
import { KINDS, type Kind, partsOf } from './part-kinds.js'
import { guardedTraits, partTraitsIn, traitsBy } from './part-traits.js'
import { type PluginModule, pluginOf } from './register-form.js'
import { takeOptions } from './take-options.js'

/** Token of the plugins of an app, in the order in which they were loaded. */
const LOADED = Symbol('qanat/loaded-plugin')

/** What a plugin's module may export: one of the two. A default export with `api` comes first. */
export interface PluginExports extends Partial<PluginModule> {
  readonly default?: unknown
}

/** A plugin that a program loaded: the plain object, or the module that exports it or `register`. */
export type GivenPlugin = Plugin | PluginExports

/** All parts of a kind, in the order in which they were loaded. */
export function listPlugins<K extends Kind>(container: DependencyContainer, kind: K): LoadedPart<K>[] {
  return loaded(container).flatMap((plugin) =>
    partsOf(plugin.plugin, kind).map(([name, part]) => new LoadedPart(kind, name, part, plugin)),
  )
}

/** All plugins of an app, in the order in which they were loaded. */
export function loaded(container: DependencyContainer): LoadedPlugin[] {
  return container.isRegistered(LOADED) ? container.resolveAll<LoadedPlugin>(LOADED) : []
}

/** What is odd about the plugins of an app, a line each. */
export function odditiesOf(container: DependencyContainer): string[] {
  return loaded(container).flatMap(({ oddities }) => oddities)
}

/**
 * The part of that name.
 *
 * @throws PluginError ERR_PLUGIN_UNKNOWN that lists the known names.
 */
export function choosePlugin<K extends Kind>(
  container: DependencyContainer,
  kind: K,
  name: string,
): LoadedPart<K> {
  const known = listPlugins(container, kind)
  const found = known.find((part) => part.name === name)
  if (found !== undefined) return found
  throw unknown(
    kind,
    name,
    known.map((part) => part.name),
  )
}

/**
 * The transport that serves URLs of that scheme, such as `udp:`.
 *
 * @throws PluginError ERR_PLUGIN_UNKNOWN that lists the known schemes.
 */
export function transportForScheme(
  container: DependencyContainer,
  protocol: string,
): LoadedPart<'transport'> {
  const scheme = schemeOf(protocol)
  const known = listPlugins(container, 'transport')
  const found = known.find(({ schemes }) => schemes.includes(scheme))
  if (found !== undefined) return found
  throw unknown(
    'transport',
    scheme,
    known.flatMap(({ schemes }) => schemes).map((name) => `${name}://`),
  )
}

function unknown(kind: Kind, name: string, known: readonly string[]): PluginError {
  const why = known.length > 0 ? `known are ${known.join(', ')}` : 'there is none'
  return new PluginError(`Cannot choose ${kind} '${name}': ${why}`, { code: 'ERR_PLUGIN_UNKNOWN' })
}

/**
 * Loads a plugin's module: a path that starts with `.` or `/`, or a package's name. A text is found from the current
 * directory.
 *
 * @throws PluginError if it is not there, throws, is not whole, or offers what has a taken name.
 */
export async function loadPlugin(container: DependencyContainer, named: NamedPlugin): Promise<void> {
  // Tunnels without plugins load none of this.
  const [{ locatePlugin }, { importModule }, { placeOf }] = await Promise.all([
    import('../finding/plugin-location.js'),
    import('../finding/import-module.js'),
    import('../finding/plugin-place.js'),
  ])
  const { name, from } = typeof named === 'string' ? { name: named, from: process.cwd() } : named
  let url: string
  let module: PluginExports
  try {
    url = locatePlugin(name, resolve(from))
    module = (await importModule(url, container.resolve<Clock>(CLOCK))) as PluginExports
  } catch (thrown) {
    throw invalid({ name }, thrown)
  }
  const { plugin } = addModule(container, module, { name, url })
  container.resolve<Logger>(LOGGER).info('plugin loaded', { plugin: plugin.name, ...placeOf(url) })
}

/**
 * Adds what a module exports: the plugin as `default`, which has `api`, or a function `register` that is given the
 * plugin's container.
 *
 * @throws PluginError if it is not whole, or offers what has a taken name.
 */
export function addModule(
  container: DependencyContainer,
  module: PluginExports,
  origin: Origin,
): LoadedPlugin {
  const { default: exported, register } = module
  shareCarrierParts(container)
  const own = container.createChildContainer()
  // A default beside it may be the function again, or all that a CommonJS module exports.
  const described = isObject(exported) && 'api' in exported
  const registers = !described && typeof register === 'function'
  try {
    return add(container, registers ? pluginOf(module as PluginModule, own, origin) : exported, origin, own)
  } catch (thrown) {
    throw invalid(origin, thrown)
  }
}

/** Adds a plugin that is no module. @throws PluginError as `addModule` does. */
export function addPlugin(container: DependencyContainer, plugin: Plugin, name: string): LoadedPlugin {
  return addModule(container, { default: plugin }, { name })
}

/**
 * Adds a plugin that a program loaded.
 *
 * @param place what messages call it if it has no name.
 * @throws PluginError as `addModule` does.
 */
export function addGiven(container: DependencyContainer, given: GivenPlugin, place: string): void {
  const { api, name } = (given ?? {}) as Partial<Plugin>
  const isModule = isObject(given) && api === undefined && ('default' in given || 'register' in given)
  const module = isModule ? (given as PluginExports) : { default: given }
  addModule(container, module, { name: typeof name === 'string' ? name : place })
}

function add(
  container: DependencyContainer,
  plugin: unknown,
  origin: Origin,
  own: DependencyContainer,
): LoadedPlugin {
  const log = container.resolve<Logger>(LOGGER)
  const oddities: string[] = []
  checkDescriptor(plugin, (why) => oddities.push(`Plugin '${origin.name}': ${why}`))
  const others = loaded(container).map((other) => other.plugin)
  const namesake = others.find(({ name }) => name === plugin.name)
  if (namesake !== undefined && (plugin.options ?? namesake.options) !== undefined) {
    throw new Error(`a plugin '${plugin.name}' is loaded already, and one of the two has options`)
  }
  for (const kind of KINDS) checkFree(plugin, kind, listPlugins(container, kind))
  for (const why of oddities) log.warn(why)
  const added = new LoadedPlugin(plugin, origin, own, oddities)
  container.register(LOADED, { useValue: added })
  return added
}

/**
 * Sets up what has to be before a tunnel's process gives up root.
 *
 * @throws QanatError if one cannot be set up, or the process is not root's.
 */
export async function setUpAsRoot(container: DependencyContainer, signal: AbortSignal): Promise<void> {
  for (const plugin of loaded(container).filter(({ plugin }) => plugin.needsRoot === true)) {
    const uid = process.getuid!()
    if (uid !== 0) throw invalid(plugin.origin, `it needs root, and this process is user ${uid}`)
    await plugin.setUp(signal)
  }
}

/** Ends what plugins did for the tunnel of that signal, which is aborted, all at the same time. The log has what fails. */
export async function closePlugins(container: DependencyContainer, signal: AbortSignal): Promise<void> {
  await Promise.all(loaded(container).map((plugin) => plugin.close(signal)))
}

/** What plugins told of their figures in the tunnel of that signal, by the names of plugins; undefined if none declares any. */
export function figuresOf(
  container: DependencyContainer,
  signal: AbortSignal,
): Readonly<Record<string, PluginFigures>> | undefined {
  const told = loaded(container).flatMap((plugin) => {
    const figures = plugin.figures(signal)
    return figures === undefined ? [] : [[plugin.plugin.name, figures] as const]
  })
  return told.length === 0 ? undefined : Object.fromEntries(told)
}

/** How the transports of an app behave. */
export function traitsOf(container: DependencyContainer): TraitsOf {
  const traits = (part: LoadedPart<'transport'>) =>
    part.isGuarded ? guardedTraits(part.part, part.faults) : part.part
  return traitsBy(listPlugins(container, 'transport').map((part) => [part.schemes, traits(part)]))
}

/** What is known of the parts of an app. */
export function partTraitsOf(container: DependencyContainer): PartTraits {
  return partTraitsIn(loaded(container).map(({ plugin }) => plugin))
}

/**
 * Gives each plugin the options that a configuration says.
 *
 * @throws ConfigError that tells everything that is wrong with them, a line each.
 */
export function setOptions(container: DependencyContainer, said: PluginOptions | undefined): void {
  const plugins = loaded(container)
  const taken = takeOptions(
    plugins.map(({ plugin }) => plugin),
    said,
  )
  for (const [index, options] of taken.entries()) plugins[index]!.take(options)
}

/** Checks that the names and schemes of a plugin's parts of a kind are free among those that are known already. */
function checkFree(plugin: Plugin, kind: Kind, known: readonly LoadedPart<Kind>[]): void {
  const served = known.flatMap(({ schemes }) => schemes)
  for (const [name, part] of partsOf(plugin, kind)) {
    if (known.some((other) => other.name === name)) {
      throw new Error(`a ${kind} '${name}' already exists; choose another name`)
    }
    const schemes = schemesOf(kind, name, part)
    const taken = schemes.find((scheme) => served.includes(scheme))
    if (taken !== undefined)
      throw new Error(`a transport already serves '${taken}://'; choose another scheme`)
    served.push(...schemes)
  }
}
