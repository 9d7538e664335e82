import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DependencyContainer } from 'tsyringe'
import { asError, PluginError } from './errors.js'
import {
  CIPHER,
  type CipherPlugin,
  type PluginModule,
  TRANSPORT,
  type TransportPlugin,
  TUN_DRIVER,
  type TunDriverPlugin,
} from './plugin.js'

/** The kinds of parts that can be chosen, by what a message calls them. */
const TOKENS = { transport: TRANSPORT, cipher: CIPHER, 'TUN driver': TUN_DRIVER } as const

interface Plugins {
  transport: TransportPlugin
  cipher: CipherPlugin
  'TUN driver': TunDriverPlugin
}

type Kind = keyof Plugins
type Listing = { readonly [K in Kind]: readonly Plugins[K][] }

/** What names look like, so that they can be typed and be part of a URL. */
const NAME = /^[a-z][a-z0-9-]*$/

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
  const names = known.map((plugin) => plugin.name).join(', ')
  throw new PluginError(`Cannot choose ${kind} '${name}': known are ${names}`, { code: 'ERR_PLUGIN_UNKNOWN' })
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
  const schemes = known.flatMap(schemesOf).map((name) => `${name}://`)
  throw new PluginError(`Cannot choose transport '${scheme}': known are ${schemes.join(', ')}`, {
    code: 'ERR_PLUGIN_UNKNOWN',
  })
}

function schemesOf({ name, schemes }: TransportPlugin): readonly string[] {
  return schemes ?? [name]
}

/**
 * Loads a plugin's module and lets it register: a path that starts with `.` or `/`, or a package's name. Both
 * are resolved from the current directory.
 *
 * @throws PluginError where it is not there, throws, or registers something that is not whole or has a taken name.
 */
export async function loadPlugin(container: DependencyContainer, specifier: string): Promise<void> {
  let module: unknown
  const url = locate(specifier)
  try {
    module = await import(url)
  } catch (thrown) {
    throw invalid(specifier, firstLine(thrown), thrown)
  }
  addPlugin(container, module as Partial<PluginModule>, specifier)
}

/** Lets a module register what it offers, and checks that it is whole. Built-ins enter here, too. */
export function addPlugin(
  container: DependencyContainer,
  module: Partial<PluginModule>,
  origin: string,
): void {
  if (typeof module.register !== 'function') throw invalid(origin, "it exports no function 'register'")
  const before = listAll(container)
  let after: Listing
  try {
    module.register(container)
    after = listAll(container) // tsyringe makes what was registered as a class or a factory now
  } catch (thrown) {
    throw invalid(origin, firstLine(thrown), thrown)
  }
  let added = 0
  for (const kind of kinds()) {
    const known = new Set(before[kind].map(({ name }) => name))
    for (const plugin of after[kind].slice(known.size)) {
      checkPlugin(plugin, kind, origin, known)
      known.add(plugin.name)
      added++
    }
  }
  if (added === 0) throw invalid(origin, 'it registers no transport, cipher or TUN driver')
}

function listAll(container: DependencyContainer): Listing {
  return {
    transport: listPlugins(container, 'transport'),
    cipher: listPlugins(container, 'cipher'),
    'TUN driver': listPlugins(container, 'TUN driver'),
  }
}

function checkPlugin(
  plugin: Partial<Plugins[Kind]> | null,
  kind: Kind,
  origin: string,
  known: Set<string>,
): void {
  if (typeof plugin?.name !== 'string' || !NAME.test(plugin.name)) {
    const rule = "'name' must be lower-case letters, digits and dashes"
    throw invalid(origin, `a ${kind} it registers has the name ${JSON.stringify(plugin?.name)}; ${rule}`)
  }
  const { name } = plugin
  if (known.has(name)) throw invalid(origin, `there is a ${kind} '${name}' already; choose another name`)
  if (typeof plugin.summary !== 'string')
    throw invalid(origin, `its ${kind} '${name}' lacks the string 'summary'`)
  if (typeof plugin.create !== 'function')
    throw invalid(origin, `its ${kind} '${name}' lacks the function 'create'`)
}

/** @throws PluginError where there is nothing. */
function locate(specifier: string): string {
  if (/^\.{0,2}\//.test(specifier)) {
    const path = resolve(specifier)
    if (!existsSync(path)) throw invalid(specifier, 'there is no such file')
    return pathToFileURL(path).href
  }
  try {
    return pathToFileURL(createRequire(resolve('package.json')).resolve(specifier)).href
  } catch (thrown) {
    throw invalid(specifier, 'no such package is installed here; a path begins with ./ or /', thrown)
  }
}

function kinds(): Kind[] {
  return Object.keys(TOKENS) as Kind[]
}

function firstLine(thrown: unknown): string {
  return asError(thrown).message.split('\n')[0]!
}

function invalid(origin: string, why: string, cause?: unknown): PluginError {
  return new PluginError(`Cannot use plugin '${origin}': ${why}`, { code: 'ERR_PLUGIN_INVALID', cause })
}
