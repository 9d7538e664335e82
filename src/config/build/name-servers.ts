import { parseZonedAddress } from '../../core/ip/zone.js'
import type { DnsSettings } from '../../core/settings/host-settings.js'

/**
 * Splits a list into name servers and domains to search in. The name behind `#` is the one that is expected in the server's
 * certificate. A domain behind `~` is not searched in but says which names a server is asked for, as `domains` do; `~.` are
 * all.
 */
export function nameServersOf(texts: readonly string[], domains: readonly string[] = []): DnsSettings {
  const plain = texts.map((text) => text.replace(/#.*/, ''))
  const named = texts
    .filter((text) => text.includes('#'))
    .map((text) => text.split('#', 2) as [string, string])
  const routed = plain.filter((text) => text.startsWith('~')).map((text) => text.slice(1))
  const isSplit = domains.length > 0 || (routed.length > 0 && !routed.includes('.'))
  const split = {
    domains: [...domains, ...routed.filter((domain) => domain !== '.')],
    isRequired: domains.length > 0,
  }
  return {
    servers: plain.filter(isServer),
    search: plain.filter((text) => !isServer(text) && !text.startsWith('~')),
    ...(named.length > 0 && { names: Object.fromEntries(named) }),
    ...(isSplit && { split }),
  }
}

function isServer(text: string): boolean {
  return parseZonedAddress(text) !== undefined
}
