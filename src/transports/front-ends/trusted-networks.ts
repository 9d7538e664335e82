import { ConfigError } from '../../core/api/errors.js'
import { Networks } from '../net/networks.js'

/**
 * The networks of front ends whose word about a client's address counts.
 *
 * @throws ConfigError if one is none.
 */
export function trustedNetworks(networks: readonly string[]): Networks {
  const trusted = new Networks()
  for (const network of networks) {
    if (trusted.add(network)) continue
    throw new ConfigError(
      `Cannot trust the proxy '${network}': it is neither an address nor a network such as 10.0.0.0/8`,
      { code: 'ERR_CONFIG_VALUE' },
    )
  }
  return trusted
}
