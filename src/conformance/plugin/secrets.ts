import type { Options } from '../../core/options/option.js'
import type { CipherSettings } from '../../core/plugin/plugin.js'
import type { TransportSettings } from '../../core/settings/transport-settings.js'
import type { EndContext } from './kit.js'

/** The texts in what an end is given that nobody may see. */
export function secretsOf(given: EndContext<CipherSettings & TransportSettings>, options: Options): string[] {
  const { groups, key, peers = [], privateKey } = given
  const named = Object.entries(given.options ?? {}).filter(([name]) => options[name]?.type === 'secret')
  return [
    key,
    privateKey,
    groups?.tls?.key,
    ...peers.map(({ presharedKey }) => presharedKey),
    ...named.map(([, value]) => String(value)),
  ].filter((text) => text !== undefined)
}
