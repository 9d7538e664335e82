import { parseZonedAddress } from '../../core/ip/zone.js'
import type { DnsSettings } from '../../core/settings/host-settings.js'

/**
 * Tells the name servers from the domains in a list that has both. The name behind `#` is what systemd-resolved expects in
 * the server's certificate, which nobody else asks for. A domain behind `~` says whose names to ask for and is not searched in:
 * a tunnel's servers are asked for all of them.
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
