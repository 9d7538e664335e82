import 'reflect-metadata'
import { type DependencyContainer, container as root } from 'tsyringe'
import { addPlugin } from '../../app/plugins/plugins.js'
import { silentLogger } from '../../core/api/logger.js'
import { CLOCK, LOGGER, type PluginModule } from '../../core/api/plugin.js'
import { VirtualClock } from './virtual-clock.js'

/**
 * A container of its own with what a plugin registers, a silent logger and a clock that stands still.
 *
 * @throws PluginError if the plugin is incomplete.
 */
export function pluginContainer(
  plugin: PluginModule,
  clock: VirtualClock = new VirtualClock(),
): DependencyContainer {
  const container = root.createChildContainer()
  container.register(LOGGER, { useValue: silentLogger })
  container.register(CLOCK, { useValue: clock })
  addPlugin(container, plugin, 'the plugin under test')
  return container
}
