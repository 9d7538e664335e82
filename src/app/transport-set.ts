import type { DependencyContainer } from 'tsyringe'
import type { TransportPlugin } from '../core/api/plugin.js'
import type { Transport } from '../core/api/transport.js'
import type { TransportSettings } from '../core/settings/transport-settings.js'
import { transportForScheme } from './plugins/plugins.js'

/** The transports of one tunnel: one of each kind that it uses. */
export class TransportSet {
  readonly #container: DependencyContainer
  readonly #settings: TransportSettings
  readonly #made = new Map<TransportPlugin, Transport>()

  constructor(container: DependencyContainer, settings: TransportSettings) {
    this.#container = container
    this.#settings = settings
  }

  /**
   * Makes the transports that serve the schemes of these endpoints, if there are none yet.
   *
   * @throws PluginError if one cannot be had.
   */
  async serve(endpoints: readonly URL[]): Promise<void> {
    for (const protocol of new Set(endpoints.map((endpoint) => endpoint.protocol))) {
      const plugin = transportForScheme(this.#container, protocol)
      if (this.#made.has(plugin)) continue
      this.#made.set(plugin, await plugin.create(this.#settings, this.#container))
    }
  }

  /** The transport of a protocol, such as `udp:`, that the set serves. */
  get(protocol: string): Transport {
    return this.#made.get(transportForScheme(this.#container, protocol))!
  }
}
