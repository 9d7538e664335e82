// tsyringe needs this polyfill before it is loaded. If no container is made, neither is loaded.
import 'reflect-metadata'
import { type DependencyContainer, container as root } from 'tsyringe'
import type { Logger } from '../core/api/logger.js'
import { CLOCK, LOGGER } from '../core/api/plugin.js'
import { systemClock } from '../core/time/system-clock.js'
import * as builtins from './builtins.js'
import { addPlugin, loadPlugin } from './plugins/plugins.js'

/**
 * A container of its own for one app, with everything that can be chosen. All of it is in this one container:
 * tsyringe's resolveAll sees a parent's registrations only if the child has none.
 *
 * @throws PluginError if a plugin cannot be used.
 */
export async function createContainer(log: Logger, plugins: readonly string[]): Promise<DependencyContainer> {
  const container = root.createChildContainer()
  container.register(LOGGER, { useValue: log })
  container.register(CLOCK, { useValue: systemClock })
  addPlugin(container, builtins, 'built-in')
  for (const specifier of plugins) await loadPlugin(container, specifier)
  return container
}
