import type { CipherTraits } from '../../core/api/cipher.js'
import { MIN_MTU } from '../../core/api/config.js'
import { asError } from '../../core/api/errors.js'
import { redactText } from '../../core/api/redact.js'
import type { TraitsOf, TransportTraits } from '../../core/api/transport.js'
import { OVERHEAD } from '../../core/path-mtu/peer-path.js'
import type { PartTraits } from '../../core/plugin/part-traits.js'
import type { Plugin, TransportPart } from '../../core/plugin/plugin.js'
import { protocolOf, schemeOf } from '../../core/settings/scheme.js'
import type { Faults } from '../faults/faults.js'
import { optionsInQuery } from './endpoint-options.js'
import { schemesOf } from './loaded-part.js'
import { partsOf } from './part-kinds.js'
import { shown } from './shown.js'
import { optionsOfAll } from './take-options.js'
import { TRANSPORT_TRAITS } from './trait-check.js'

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
  const scheme = schemeOf(endpoint.protocol)
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

/** How the transports of some plugins behave, with nothing to guard against. */
export function traitsIn(plugins: readonly Plugin[]): TraitsOf {
  const transports = plugins.flatMap((plugin) => partsOf(plugin, 'transport'))
  return traitsBy(transports.map(([name, part]) => [schemesOf('transport', name, part), part]))
}

/** A transport as it is known: the schemes that it serves, and how it behaves. */
type Known = readonly [schemes: readonly string[], traits: TransportTraits]

/** How transports behave, by the protocol of an endpoint; nothing is known of one that none of them serves. */
export function traitsBy(transports: readonly Known[]): TraitsOf {
  const known = new Map<string, TransportTraits>(
    transports.flatMap(([schemes, traits]) => schemes.map((scheme) => [protocolOf(scheme), traits] as const)),
  )
  return (protocol) => known.get(protocol) ?? {}
}

/** The traits of a plugin's transport, of which none throws or gives what cannot be. */
export function guardedTraits(part: TransportPart, faults: Faults): TransportTraits {
  if (part.overhead === undefined) return part
  const overhead = (endpoint: URL): number => {
    try {
      const bytes: unknown = part.overhead!(endpoint)
      if (Number.isInteger(bytes) && Number(bytes) >= 0 && Number(bytes) <= MIN_MTU) return Number(bytes)
      const why = `returned ${typeof bytes === 'number' ? bytes : shown(bytes)}, which is no whole number of bytes within 0 to ${MIN_MTU}`
      faults.warn(faults.wrong('overhead', why))
    } catch (thrown) {
      faults.warn(faults.threw('overhead', thrown))
    }
    return OVERHEAD
  }
  const traits = TRANSPORT_TRAITS.map((trait) => [trait, part[trait as keyof TransportTraits]])
  return { ...Object.fromEntries(traits), overhead }
}
