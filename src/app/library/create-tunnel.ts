import type { Configuration } from '../../config/schema/configuration.js'
import type { EmbeddedTunnel } from './embedded-tunnel.js'
import type { TunnelOptions } from './tunnel-options.js'

/**
 * A tunnel that a program runs itself, not started yet. The configuration is that of a TOML file
 * (docs/configuration.md) as an object, with names such as `privateKey`, and `peers` for `[[peer]]`.
 *
 * @param config what the tunnel is; it is copied.
 * @param options what else the program gives it.
 * @throws ConfigError that tells all that is wrong with the configuration, PluginError if a plugin cannot be used.
 * @example
 * await using tunnel = await createTunnel({
 *   interface: { privateKey, address: ['10.20.0.2/32'] },
 *   peers: [{ name: 'office', publicKey, allowedIps: ['10.20.0.0/24'], endpoints: ['udp://vpn.example.org:51820'] }],
 * })
 * await tunnel.start()
 * await tunnel.reached('office')
 */
export async function createTunnel(config: Configuration, options?: TunnelOptions): Promise<EmbeddedTunnel> {
  // Plugins import this package, too, and need none of what tunnels are made of.
  const { EmbeddedTunnel } = await import('./embedded-tunnel.js')
  return EmbeddedTunnel.of(config, options)
}
