import 'reflect-metadata'
import { type DependencyContainer, container as root } from 'tsyringe'
import type { LoadedPlugin } from '../../app/plugins/loaded-plugin.js'
import { addModule, type PluginExports } from '../../app/plugins/plugins.js'
import type { PluginModule } from '../../app/plugins/register-form.js'
import { silentLogger } from '../../core/api/logger.js'
import type { Plugin, PluginContext } from '../../core/api/plugin.js'
import { CLOCK, LOGGER } from '../../core/injection/tokens.js'
import { VirtualClock } from './virtual-clock.js'

/**
 * What the functions of a plugin are given, with a container of its own, a silent logger and a clock that stands still.
 * Settings of a transport or a cipher are spread beside it: `create({ ...pluginContext(plugin), localPort: 0 })`.
 *
 * @throws PluginError if the plugin is not whole.
 */
export function pluginContext(plugin: Plugin, clock: VirtualClock = new VirtualClock()): PluginContext {
  return load({ default: plugin }, clock).context(new AbortController().signal)
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

function load(module: PluginExports, clock: VirtualClock): LoadedPlugin {
  const app = root.createChildContainer()
  app.register(LOGGER, { useValue: silentLogger })
  app.register(CLOCK, { useValue: clock })
  return addModule(app, module, { name: 'the plugin under test' })
}
