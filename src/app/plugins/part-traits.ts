import type { CipherTraits } from '../../core/api/cipher.js'
import type { TraitsOf, TransportTraits } from '../../core/api/transport.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import { schemesOf } from './loaded-part.js'
import { partsOf } from './part-kinds.js'

/** What is known of the parts of some plugins. */
export function partTraitsIn(plugins: readonly Plugin[]): PartTraits {
  const ciphers = new Map<string, CipherTraits>(plugins.flatMap((plugin) => partsOf(plugin, 'cipher')))
  return {
    transport: traitsIn(plugins),
    cipher: (name) => ciphers.get(name),
    offered: plugins
      .flatMap((plugin) => partsOf(plugin, 'transport'))
      .filter(([, { authority = 'host', rank }]) => authority === 'host' && rank !== undefined)
      .sort(([, one], [, other]) => one.rank! - other.rank!)
      .flatMap(([name, part]) => schemesOf('transport', name, part)),
  }
}

/** How the transports of some plugins behave; nothing is known of a protocol that none of them serves. */
export function traitsIn(plugins: readonly Plugin[]): TraitsOf {
  const known = new Map<string, TransportTraits>()
  for (const [name, part] of plugins.flatMap((plugin) => partsOf(plugin, 'transport'))) {
    for (const scheme of schemesOf('transport', name, part)) known.set(`${scheme}:`, part)
  }
  return (protocol) => known.get(protocol) ?? {}
}
