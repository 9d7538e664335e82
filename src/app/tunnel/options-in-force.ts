import type { DependencyContainer } from 'tsyringe'
import type { TunnelConfig } from '../../core/api/config.js'
import { schemeOf } from '../../core/settings/scheme.js'
import { schemesOf } from '../plugins/loaded-part.js'
import type { LoadedPlugin } from '../plugins/loaded-plugin.js'
import { KINDS, partsOf } from '../plugins/part-kinds.js'
import { loaded } from '../plugins/plugins.js'
import { takeOptions } from '../plugins/take-options.js'
import type { TransportSet } from '../transport-set.js'
import { optionChanges } from './changes.js'

/** The options that the plugins of a running tunnel go by. */
export class OptionsInForce {
  readonly #container: DependencyContainer
  readonly #transports: TransportSet
  readonly #signal: AbortSignal

  /** @param signal that of the tunnel */
  constructor(container: DependencyContainer, transports: TransportSet, signal: AbortSignal) {
    this.#container = container
    this.#transports = transports
    this.#signal = signal
  }

  /** Those that differ and cannot change, as files have them: of plugins that are in use and take no others. */
  fixed(before: TunnelConfig, after: TunnelConfig): string[] {
    const plugins = loaded(this.#container)
    return [...optionChanges(before, after)].flatMap(([name, keys]) => {
      const plugin = plugins.find(({ plugin }) => plugin.name === name)
      return plugin === undefined || plugin.plugin.update !== undefined || !isUsed(plugin, before) ? [] : keys
    })
  }

  /**
   * Has plugins go by other options: those that can, and those that are not in use, whose parts are made anew.
   *
   * @returns What goes back to those of before.
   * @throws QanatError if one refuses; then all go by those of before.
   */
  async renew(before: TunnelConfig, after: TunnelConfig): Promise<() => Promise<void>> {
    const changed = optionChanges(before, after)
    if (changed.size === 0) return async () => {}
    const plugins = loaded(this.#container)
    const described = plugins.map(({ plugin }) => plugin)
    const taken = takeOptions(described, after.pluginOptions)
    const done: (() => Promise<void>)[] = []
    const goBack = async () => {
      for (const undo of done.splice(0).reverse()) await undo()
    }
    try {
      for (const [index, plugin] of plugins.entries()) {
        if (!changed.has(plugin.plugin.name)) continue
        const { options } = plugin
        done.push(() => this.#change(plugin, options).catch(() => {})) // whatever it goes by then is its own matter
        await this.#change(plugin, taken[index]!)
      }
    } catch (thrown) {
      await goBack()
      throw thrown
    }
    return goBack
  }

  async #change(plugin: LoadedPlugin, options: object): Promise<void> {
    plugin.take(options)
    if (plugin.plugin.update !== undefined) {
      await plugin.update(this.#signal)
      return
    }
    this.#transports.forget(plugin.plugin.name)
    await plugin.close(this.#signal)
  }
}

/** Whether a tunnel has parts of a plugin at work. */
function isUsed({ plugin }: LoadedPlugin, config: TunnelConfig): boolean {
  const { cipher, listen, packetHooks = [], peers, tunDriver } = config
  const endpoints = [...listen, ...peers.flatMap(({ endpoints }) => endpoints)]
  const chosen: readonly (string | undefined)[] = [cipher, tunDriver, ...packetHooks]
  return KINDS.some((kind) =>
    partsOf(plugin, kind).some(([name, part]) =>
      kind === 'transport'
        ? endpoints.some(({ protocol }) => schemesOf(kind, name, part).includes(schemeOf(protocol)))
        : chosen.includes(name),
    ),
  )
}
