import type { DependencyContainer } from 'tsyringe'
import type { TransportPlugin } from './core/plugin.js'
import { transportForScheme } from './core/plugins.js'
import type { Transport } from './core/transport.js'
import type { TransportSettings } from './core/transport-settings.js'

/** The transports of one tunnel: one of each kind, made when its scheme is first asked for. */
export class TransportSet {
  readonly #container: DependencyContainer
  readonly #settings: TransportSettings
  readonly #made = new Map<TransportPlugin, Transport>()

  constructor(container: DependencyContainer, settings: TransportSettings) {
    this.#container = container
    this.#settings = settings
  }

  /** @throws PluginError where no transport serves the scheme of that protocol, such as `udp:`. */
  get(protocol: string): Transport {
    const plugin = transportForScheme(this.#container, protocol)
    let transport = this.#made.get(plugin)
    if (transport === undefined) {
      transport = plugin.create(this.#settings, this.#container)
      this.#made.set(plugin, transport)
    }
    return transport
  }
}
