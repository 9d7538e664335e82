import { describe, expect, it } from 'vitest'
import { builtins } from '../../../src/app/builtins.js'
import { mayLeadAround, withRangesAround } from '../../../src/app/device/ranges-around.js'
import { traitsIn } from '../../../src/app/plugins/part-traits.js'
import type { TunnelConfig } from '../../../src/core/api/config.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { nativeMissing, orSkipped } from '../../support/native-missing.js'

const TRAITS = traitsIn([builtins])
const NAME = 'udp://vpn.example.org:1'

describe('routes that hold what carries the tunnel', () => {
  it.each([
    ['an address', ['203.0.113.0/24', '10.0.0.0/8'], 'udp://203.0.113.7:1', [], ['203.0.113.0/24']],
    ['an address of IPv6', ['2001:db8::/32', '10.0.0.0/8'], 'tcp://[2001:db8::7]:1', [], ['2001:db8::/32']],
    ['a name that is known', ['203.0.113.0/24', '0.0.0.0/1'], NAME, ['203.0.113.7'], ['203.0.113.0/24']],
    ['a name that is not', ['203.0.113.0/24', '0.0.0.0/1', '::/7'], NAME, [], ['0.0.0.0/1', '::/7']],
    ['nothing of it', ['203.0.113.0/24'], 'udp://192.0.2.1:1', [], undefined],
  ])('are apart from the others: %s', (_what, routes, endpoint, addresses, around) => {
    const known = new Map(addresses.length === 0 ? [] : [['vpn.example.org', addresses]])
    const split = withRangesAround(config(routes, endpoint), TRAITS, known)
    expect(split.around?.map(({ text }) => text)).toEqual(around)
    const rest = split.tun.routes.map(({ text }) => text)
    expect([...(around ?? []), ...rest].sort()).toEqual([...routes].sort())
  })

  it.skipIf(nativeMissing)(
    orSkipped('may be those of a name, but for private ones and in tables of the user', nativeMissing),
    () => {
      expect(mayLeadAround(config(['203.0.113.0/24'], NAME), TRAITS)).toBe(true)
      expect(mayLeadAround(config(['203.0.113.0/24'], 'udp://192.0.2.1:1'), TRAITS)).toBe(false)
      expect(mayLeadAround(config(['10.0.0.0/8', 'fd00::/8'], NAME), TRAITS)).toBe(false)
      expect(mayLeadAround(config(['203.0.113.0/24'], NAME, 77), TRAITS)).toBe(false)
    },
  )
})

function config(routes: readonly string[], endpoint: string, routingTable?: number): TunnelConfig {
  const allowed = routes.map((text) => parseIpPrefix(text)!)
  return {
    cipher: 'wireguard',
    peers: [{ id: 'hub', allowed, endpoints: [new URL(endpoint)] }],
    listen: [],
    tun: { name: 'q0', mtu: 1420, addresses: [], routes: allowed, routingTable },
    plugins: [],
  }
}
