import fc from 'fast-check'
import { networkOf, textOf } from '../../../src/core/ip/ip-network.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { type ClientSettings, MAX_PUSHED } from '../../../src/core/settings/client-settings.js'

/** Settings of these texts. */
export function settingsOf(texts: {
  readonly addresses?: readonly string[]
  readonly routes?: readonly string[]
  readonly nameServers?: readonly string[]
  readonly searchDomains?: readonly string[]
  readonly mtu?: number
}): ClientSettings {
  const prefixes = (list: readonly string[] = []) => list.map((text) => networkOf(parseIpPrefix(text)!))
  return {
    addresses: prefixes(texts.addresses),
    routes: prefixes(texts.routes),
    nameServers: texts.nameServers ?? [],
    searchDomains: texts.searchDomains ?? [],
    mtu: texts.mtu,
  }
}

/** One of each kind, of both families. */
export const SOME_SETTINGS = settingsOf({
  addresses: ['10.0.0.2', 'fd00::2'],
  routes: ['10.9.0.0/16', 'fd00:9::/32'],
  nameServers: ['10.0.0.1'],
  searchDomains: ['example.org'],
  mtu: 1380,
})

const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
)
const single = address.map((bytes) => networkOf({ address: bytes, bits: bytes.length * 8 }))
const network = fc
  .tuple(address, fc.nat(128))
  .map(([bytes, bits]) => networkOf({ address: bytes, bits: Math.min(bits, bytes.length * 8) }))
const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)

/** Any settings that may be handed. */
export const anySettings: fc.Arbitrary<ClientSettings> = fc.record({
  addresses: fc.array(single, { maxLength: MAX_PUSHED.addresses }),
  routes: fc.array(network, { maxLength: MAX_PUSHED.routes }),
  nameServers: fc.array(address.map(textOf), { maxLength: MAX_PUSHED.nameServers }),
  searchDomains: fc.array(
    fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.')),
    { maxLength: MAX_PUSHED.searchDomains },
  ),
  mtu: fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined }),
})
