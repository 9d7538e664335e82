import { container as root } from 'tsyringe'
import { pluginHelpers } from '../../../src/app/plugins/plugin-helpers.js'
import { silentLogger } from '../../../src/core/api/logger.js'
import { CLOCK, LOGGER } from '../../../src/core/injection/tokens.js'
import type { PluginContext } from '../../../src/core/plugin/plugin.js'
import { systemClock } from '../../../src/core/time/system-clock.js'

/** What a part is given that a test makes without an app, besides its settings. */
export function partContext({
  clock = systemClock,
  log = silentLogger,
}: Partial<Pick<PluginContext, 'clock' | 'log'>> = {}): PluginContext {
  const container = root.createChildContainer()
  container.register(LOGGER, { useValue: log })
  container.register(CLOCK, { useValue: clock })
  const { signal } = new AbortController()
  const helpers = pluginHelpers(container, undefined, signal)
  return { options: {}, optionsOf: () => ({}), container, signal, ...helpers }
}
