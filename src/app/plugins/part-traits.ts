import type { CipherTraits } from '../../core/api/cipher.js'
import { asError } from '../../core/api/errors.js'
import { redactText } from '../../core/api/redact.js'
import type { TraitsOf, TransportTraits } from '../../core/api/transport.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { Plugin, TransportPart } from '../../core/plugin/plugin.js'
import { optionsInQuery } from './endpoint-options.js'
import { schemesOf } from './loaded-part.js'
import { partsOf } from './part-kinds.js'
import { optionsOfAll } from './take-options.js'

/** What is known of the parts of some plugins. */
export function partTraitsIn(plugins: readonly Plugin[]): PartTraits {
  const ciphers = new Map<string, CipherTraits>(plugins.flatMap((plugin) => partsOf(plugin, 'cipher')))
  return {
    endpointFaults: (endpoint) => endpointFaults(plugins, endpoint),
    optionFaults: (said) => optionsOfAll(plugins, said).faults,
    transport: traitsIn(plugins),
    cipher: (name) => ciphers.get(name),
    offered: plugins
      .flatMap((plugin) => partsOf(plugin, 'transport'))
      .filter(([, { authority = 'host', rank }]) => authority === 'host' && rank !== undefined)
      .sort(([, one], [, other]) => one.rank! - other.rank!)
      .flatMap(([name, part]) => schemesOf('transport', name, part)),
  }
}

function endpointFaults(plugins: readonly Plugin[], endpoint: URL): readonly string[] {
  const scheme = endpoint.protocol.slice(0, -1)
  for (const plugin of plugins) {
    for (const [name, part] of partsOf(plugin, 'transport')) {
      if (!schemesOf('transport', name, part).includes(scheme)) continue
      return [...optionsInQuery(plugin, endpoint).faults, ...refusalOf(part, endpoint)]
    }
  }
  return []
}

/** What a transport itself has against an endpoint, in a line. */
function refusalOf(part: TransportPart, endpoint: URL): string[] {
  try {
    part.checkEndpoint?.(new URL(endpoint))
    return []
  } catch (thrown) {
    const [why] = redactText(asError(thrown).message).split('\n')
    return [`is refused by its transport: ${why}`]
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
