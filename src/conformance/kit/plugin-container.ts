import 'reflect-metadata'
import { type DependencyContainer, container as root } from 'tsyringe'
import type { LoadedPlugin } from '../../app/plugins/loaded-plugin.js'
import { addModule, type PluginExports, setOptions } from '../../app/plugins/plugins.js'
import type { PluginModule } from '../../app/plugins/register-form.js'
import { silentLogger } from '../../core/api/logger.js'
import { CLOCK, LOGGER } from '../../core/injection/tokens.js'
import { optionKey } from '../../core/options/option.js'
import type { Plugin, PluginContext } from '../../core/plugin/plugin.js'
import type { PluginTable } from '../../core/settings/plugin-options.js'
import { VirtualClock } from './virtual-clock.js'

/**
 * What the functions of a plugin are given, with a container of its own, a silent logger and a clock that stands still.
 * Settings of a transport or a cipher are spread beside it: `create({ ...pluginContext(plugin), localPort: 0 })`.
 *
 * @param options What the user set, secrets included, by the names that the plugin gives its options; the others have
 * their defaults.
 * @throws PluginError if the plugin is not whole, ConfigError if an option is not what it says.
 */
export function pluginContext(
  plugin: Plugin,
  clock: VirtualClock = new VirtualClock(),
  options: Readonly<Record<string, unknown>> = {},
): PluginContext {
  return load({ default: plugin }, clock, options).context(new AbortController().signal)
}

/**
 * The container of a plugin that registers its parts, with a silent logger and a clock that stands still.
 *
 * @throws PluginError if the plugin is not whole.
 */
export function pluginContainer(
  plugin: PluginModule,
  clock: VirtualClock = new VirtualClock(),
): DependencyContainer {
  return load({ register: (container) => plugin.register(container) }, clock).container
}

function load(
  module: PluginExports,
  clock: VirtualClock,
  options: Readonly<Record<string, unknown>> = {},
): LoadedPlugin {
  const app = root.createChildContainer()
  app.register(LOGGER, { useValue: silentLogger })
  app.register(CLOCK, { useValue: clock })
  const loaded = addModule(app, module, { name: 'the plugin under test' })
  const said = { folder: '.', tables: { [loaded.plugin.name]: tableOf(loaded.plugin, options) } }
  setOptions(app, said)
  return loaded
}

/** Options as a configuration says them. */
function tableOf(
  { options: described = {} }: Plugin,
  options: Readonly<Record<string, unknown>>,
): PluginTable {
  const values: Record<string, unknown> = {}
  const secrets: Record<string, string> = {}
  for (const [name, value] of Object.entries(options)) {
    if (described[name]?.type === 'secret') secrets[optionKey(name)] = String(value)
    else values[optionKey(name)] = value
  }
  return { values, secrets }
}
