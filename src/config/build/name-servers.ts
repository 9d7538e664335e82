import { parseZonedAddress } from '../../core/ip/zone.js'
import type { DnsSettings } from '../../core/settings/host-settings.js'

/**
 * Splits a list into name servers and domains to search in. The name behind `#` is the one that systemd-resolved expects in
 * the server's certificate; nobody else asks for it. A domain behind `~` is not searched in but says which names a server is
 * asked for, and those of a tunnel are asked for all.
 */
export function nameServersOf(texts: readonly string[]): DnsSettings {
  const plain = texts.map((text) => text.replace(/#.*/, ''))
  return {
    servers: plain.filter(isServer),
    search: plain.filter((text) => !isServer(text) && !text.startsWith('~')),
  }
}

function isServer(text: string): boolean {
  return parseZonedAddress(text) !== undefined
}
