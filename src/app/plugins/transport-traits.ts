import type { TraitsOf, TransportTraits } from '../../core/api/transport.js'
import type { Plugin } from '../../core/plugin/plugin.js'
import { schemesOf } from './loaded-part.js'
import { partsOf } from './part-kinds.js'

/** How the transports of some plugins behave; nothing is known of a protocol that none of them serves. */
export function traitsIn(plugins: readonly Plugin[]): TraitsOf {
  const known = new Map<string, TransportTraits>()
  for (const [name, part] of plugins.flatMap((plugin) => partsOf(plugin, 'transport'))) {
    for (const scheme of schemesOf('transport', name, part)) known.set(`${scheme}:`, part)
  }
  return (protocol) => known.get(protocol) ?? {}
}
