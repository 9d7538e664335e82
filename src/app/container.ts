// tsyringe needs this polyfill before it is loaded. If no container is made, neither is loaded.
import 'reflect-metadata'
import { type DependencyContainer, container as root } from 'tsyringe'
import type { Logger } from '../core/api/logger.js'
import { CLOCK, LOGGER } from '../core/injection/tokens.js'
import type { NamedPlugin } from '../core/settings/plugin-options.js'
import { systemClock } from '../core/time/system-clock.js'
import { builtins } from './builtins.js'
import { namePeers } from './peer-names.js'
import { addGiven, addModule, type GivenPlugin, loadPlugin, setOptions } from './plugins/plugins.js'

/**
 * A container of its own for one app, with everything that can be chosen.
 *
 * @param plugins what the configuration names: paths and packages.
 * @param given plugins that are loaded already.
 * @throws PluginError if a plugin cannot be used.
 */
export async function createContainer(
  log: Logger,
  plugins: readonly NamedPlugin[],
  given: readonly GivenPlugin[] = [],
): Promise<DependencyContainer> {
  const container = root.createChildContainer()
  container.register(LOGGER, { useValue: namePeers(container, log) })
  container.register(CLOCK, { useValue: systemClock })
  addModule(container, { default: builtins }, { name: builtins.name, isOwn: true })
  for (const [index, plugin] of given.entries()) addGiven(container, plugin, `plugins[${index}]`)
  for (const specifier of plugins) await loadPlugin(container, specifier)
  setOptions(container, undefined)
  return container
}
