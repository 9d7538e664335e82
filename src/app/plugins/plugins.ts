import type { DependencyContainer } from 'tsyringe'
import { asError, PluginError } from '../../core/api/errors.js'
import {
  CIPHER,
  type CipherPlugin,
  type PluginModule,
  TRANSPORT,
  type TransportPlugin,
  TUN_DRIVER,
  type TunDriverPlugin,
} from '../../core/api/plugin.js'
import { checkPlugin, schemesOf } from './plugin-check.js'
import { locatePlugin } from './plugin-location.js'

/** The kinds of parts that can be chosen, by what a message calls them. */
const TOKENS = { transport: TRANSPORT, cipher: CIPHER, 'TUN driver': TUN_DRIVER } as const

interface Plugins {
  transport: TransportPlugin
  cipher: CipherPlugin
  'TUN driver': TunDriverPlugin
}

type Kind = keyof Plugins

/** All parts of a kind, in the order in which they registered. */
export function listPlugins<K extends Kind>(container: DependencyContainer, kind: K): Plugins[K][] {
  const token = TOKENS[kind]
  return container.isRegistered(token) ? container.resolveAll<Plugins[K]>(token) : []
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
): Plugins[K] {
  const known = listPlugins(container, kind)
  const found = known.find((plugin) => plugin.name === name)
  if (found !== undefined) return found
  throw unknown(
    kind,
    name,
    known.map((plugin) => plugin.name),
  )
}

/**
 * The transport that serves URLs of that scheme, such as `udp:`.
 *
 * @throws PluginError ERR_PLUGIN_UNKNOWN that lists the known schemes.
 */
export function transportForScheme(container: DependencyContainer, protocol: string): TransportPlugin {
  const scheme = protocol.replace(/:$/, '')
  const known = listPlugins(container, 'transport')
  const found = known.find((plugin) => schemesOf(plugin).includes(scheme))
  if (found !== undefined) return found
  throw unknown(
    'transport',
    scheme,
    known.flatMap(schemesOf).map((name) => `${name}://`),
  )
}

function unknown(kind: Kind, name: string, known: readonly string[]): PluginError {
  const why = known.length > 0 ? `known are ${known.join(', ')}` : 'there is none'
  return new PluginError(`Cannot choose ${kind} '${name}': ${why}`, { code: 'ERR_PLUGIN_UNKNOWN' })
}

/**
 * Loads a plugin's module and lets it register: a path that starts with `.` or `/`, or a package's name. Both
 * are resolved from the current directory.
 *
 * @throws PluginError if it is not there, throws, or registers something that is incomplete or has a taken name.
 */
export async function loadPlugin(container: DependencyContainer, specifier: string): Promise<void> {
  let module: unknown
  try {
    module = await import(locatePlugin(specifier))
  } catch (thrown) {
    throw invalid(specifier, thrown)
  }
  addPlugin(container, module as Partial<PluginModule>, specifier)
}

/** Lets a module register what it offers, and checks that it is whole. Built-ins enter here, too. */
export function addPlugin(
  container: DependencyContainer,
  module: Partial<PluginModule>,
  origin: string,
): void {
  try {
    if (typeof module.register !== 'function') throw new Error("it does not export a function 'register'")
    const before = registered(container)
    if (isPromise(module.register(container))) {
      throw new Error("its function 'register' returns a promise; it must register before it returns")
    }
    const after = registered(container)
    for (const kind of kinds()) {
      const known = before[kind].length
      after[kind].slice(known).forEach((plugin, index) => {
        checkPlugin(kind, plugin, after[kind].slice(0, known + index))
      })
    }
    if (kinds().every((kind) => after[kind].length === before[kind].length)) {
      throw new Error('it registers no transport, cipher or TUN driver')
    }
  } catch (thrown) {
    throw invalid(origin, thrown)
  }
}

/** All parts by kind. Throws what a part throws that is only made when it is asked for. */
function registered(container: DependencyContainer): Record<Kind, Plugins[Kind][]> {
  return {
    transport: listPlugins(container, 'transport'),
    cipher: listPlugins(container, 'cipher'),
    'TUN driver': listPlugins(container, 'TUN driver'),
  }
}

/** Whether `value` is a promise. Then nobody waits for it, and how it ends is nobody's matter. */
function isPromise(value: unknown): boolean {
  if (!(value instanceof Promise)) return false
  value.catch(() => {})
  return true
}

function kinds(): Kind[] {
  return Object.keys(TOKENS) as Kind[]
}

function invalid(origin: string, cause: unknown): PluginError {
  const why = asError(cause).message.split('\n')[0]!
  return new PluginError(`Cannot use plugin '${origin}': ${why}`, { code: 'ERR_PLUGIN_INVALID', cause })
}
