import 'reflect-metadata'
import { container as root } from 'tsyringe'
import type { LoadedPlugin } from '../../app/plugins/loaded-plugin.js'
import { addModule, type PluginExports, setOptions } from '../../app/plugins/plugins.js'
import { type Logger, silentLogger } from '../../core/api/logger.js'
import { CLOCK, LOGGER } from '../../core/injection/tokens.js'
import { optionKey } from '../../core/options/option.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import type { PluginTable } from '../../core/settings/plugin-options.js'
import type { Clock } from '../../core/time/clock.js'

/** What a plugin is loaded with. */
export interface LoadedWith {
  readonly clock: Clock
  /** Silent if absent. */
  readonly log?: Logger
  /** Options, secrets included, by the names that the plugin gives them. */
  readonly options?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Loads a plugin into an app of its own, as one process would.
 *
 * @throws PluginError if the plugin is not whole, ConfigError if an option is not what it says.
 */
export function loadForTest(
  module: PluginExports,
  { clock, log = silentLogger, options = {} }: LoadedWith,
): LoadedPlugin {
  const app = root.createChildContainer()
  app.register(LOGGER, { useValue: log })
  app.register(CLOCK, { useValue: clock })
  const loaded = addModule(app, module, { name: 'the plugin under test' })
  setOptions(app, { folder: '.', tables: { [loaded.plugin.name]: tableOf(loaded.plugin, options) } })
  return loaded
}

/** Options as a configuration says them. */
export function tableOf(
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
