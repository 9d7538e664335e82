import type { Configuration } from '../../config/schema/model.js'
import type { EmbeddedTunnel, TunnelOptions } from './embedded-tunnel.js'

/**
 * A tunnel that a program runs itself, not started yet. The configuration is that of a TOML file
 * (docs/configuration.md) as an object, with names such as `privateKey`, and `peers` for `[[peer]]`.
 *
 * Rejects with a ConfigError that tells all that is wrong with the configuration.
 */
export async function createTunnel(config: Configuration, options?: TunnelOptions): Promise<EmbeddedTunnel> {
  // Plugins import this package, too, and need none of what tunnels are made of.
  const { EmbeddedTunnel } = await import('./embedded-tunnel.js')
  return EmbeddedTunnel.of(config, options)
}
