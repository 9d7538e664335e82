import type { DependencyContainer } from 'tsyringe'
import type { PluginModule } from '../../app/plugins/register-form.js'
import { ADMIT } from '../../core/injection/tokens.js'
import type { Plugin, PluginContext, TransportContext } from '../../core/plugin/plugin.js'
import { loadForTest } from './load-for-test.js'
import { VirtualClock } from './virtual-clock.js'

/**
 * What the functions of a plugin are given, with a container of its own, a silent logger and a clock that stands still.
 * Settings of a transport or a cipher are spread beside it: `create({ ...pluginContext(plugin), localPort: 0 })`.
 *
 * @param plugin what is tested.
 * @param clock what stands still until the test moves it; one of its own if absent.
 * @param options what the user set, secrets included, by the names that the plugin gives its options; the others have
 * their defaults.
 * @throws PluginError if the plugin is not whole, ConfigError if an option is not what it says.
 * @example
 * const transport = await plugin.transports.mine.create({ ...pluginContext(plugin), localPort: 0 })
 */
export function pluginContext(
  plugin: Plugin,
  clock: VirtualClock = new VirtualClock(),
  options: Readonly<Record<string, unknown>> = {},
): PluginContext & Pick<TransportContext, 'admit'> {
  const loaded = loadForTest({ default: plugin }, { clock, options })
  const context = loaded.context(new AbortController().signal)
  return { ...context, admit: loaded.container.resolve(ADMIT) }
}

/**
 * The container of a plugin that registers its parts, with a silent logger and a clock that stands still.
 *
 * @param plugin the module with `register`.
 * @param clock what stands still until the test moves it; one of its own if absent.
 * @throws PluginError if the plugin is not whole.
 * @example
 * const cipher = pluginContainer(plugin).resolve(CIPHER)
 */
export function pluginContainer(
  plugin: PluginModule,
  clock: VirtualClock = new VirtualClock(),
): DependencyContainer {
  return loadForTest({ register: (container) => plugin.register(container) }, { clock }).container
}
