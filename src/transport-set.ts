import type { DependencyContainer } from 'tsyringe'
import type { TransportPlugin } from './core/plugin.js'
import { transportForScheme } from './core/plugins.js'
import type { Transport } from './core/transport.js'
import type { TransportSettings } from './core/transport-settings.js'

/** The transports of one tunnel: one of each kind that it uses. */
export class TransportSet {
  readonly #container: DependencyContainer
  readonly #made: ReadonlyMap<TransportPlugin, Transport>

  private constructor(container: DependencyContainer, made: ReadonlyMap<TransportPlugin, Transport>) {
    this.#container = container
    this.#made = made
  }

  /**
   * Makes the transports that serve the schemes of these protocols, such as `udp:`.
   *
   * @throws PluginError where there is none.
   */
  static async make(
    container: DependencyContainer,
    settings: TransportSettings,
    protocols: readonly string[],
  ): Promise<TransportSet> {
    const made = new Map<TransportPlugin, Transport>()
    for (const protocol of protocols) {
      const plugin = transportForScheme(container, protocol)
      if (!made.has(plugin)) made.set(plugin, await plugin.create(settings, container))
    }
    return new TransportSet(container, made)
  }

  /** The transport of a protocol that the set was made for. */
  get(protocol: string): Transport {
    return this.#made.get(transportForScheme(this.#container, protocol))!
  }
}
