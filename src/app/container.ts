// tsyringe needs this polyfill before it is loaded. If no container is made, neither is loaded.
import 'reflect-metadata'
import { type DependencyContainer, container as root } from 'tsyringe'
import type { Logger } from '../core/api/logger.js'
import { CLOCK, LOGGER } from '../core/injection/tokens.js'
import { systemClock } from '../core/time/system-clock.js'
import { builtins } from './builtins.js'
import { addPlugin, loadPlugin } from './plugins/plugins.js'

/**
 * A container of its own for one app, with everything that can be chosen.
 *
 * @throws PluginError if a plugin cannot be used.
 */
export async function createContainer(log: Logger, plugins: readonly string[]): Promise<DependencyContainer> {
  const container = root.createChildContainer()
  container.register(LOGGER, { useValue: log })
  container.register(CLOCK, { useValue: systemClock })
  addPlugin(container, builtins, builtins.name)
  for (const specifier of plugins) await loadPlugin(container, specifier)
  return container
}
