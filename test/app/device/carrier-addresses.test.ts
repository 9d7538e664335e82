import { describe, expect, it } from 'vitest'
import { builtins } from '../../../src/app/builtins.js'
import { carrierAddresses } from '../../../src/app/device/carrier-addresses.js'
import { traitsIn } from '../../../src/app/plugins/part-traits.js'
import type { PeerConfig, TunnelConfig } from '../../../src/core/api/config.js'
import { textOf } from '../../../src/core/ip/ip-network.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'

function peer(id: string, allowed: readonly string[], ...endpoints: readonly string[]): PeerConfig {
  return {
    id,
    allowed: allowed.map((text) => parseIpPrefix(text)!),
    endpoints: endpoints.map((text) => new URL(text)),
  }
}

const HUB = peer('hub', ['203.0.113.0/24', '2001:db8::/32'], 'udp://203.0.113.7:1', 'tcp://[2001:db8::7]:1')

describe('the addresses that a tunnel itself sends to', () => {
  it('are its endpoints', () => {
    expect(addresses({ peers: [HUB] })).toEqual(['203.0.113.7', '2001:db8::7'])
  })

  it('are those of names, as far as they are known', () => {
    const peers = [peer('hub', ['203.0.113.0/24'], 'udp://vpn.example.org:1', 'udp://other.example.org:1')]
    expect(addresses({ peers }, new Map([['vpn.example.org', ['203.0.113.9']]]))).toEqual(['203.0.113.9'])
  })

  it('are proxies in the place of what is dialled through them', () => {
    const transports = { proxy: { url: new URL('http://203.0.113.80:3128') } }
    expect(addresses({ peers: [HUB], transports })).toEqual(['203.0.113.7', '203.0.113.80'])
  })

  it('are none of proxies of a transport that does not dial through any', () => {
    const transports = { proxy: { url: new URL('http://203.0.113.80:3128') } }
    expect(addresses({ peers: [peer('hub', ['203.0.113.0/24'], 'mine://203.0.113.7')], transports })).toEqual(
      ['203.0.113.7'],
    )
  })

  it('are none of a peer that is reached by another one', () => {
    const inner = peer('inner', ['10.0.0.0/24'], 'udp://203.0.113.200:1')
    expect(addresses({ peers: [HUB, inner] })).toEqual(['203.0.113.7', '2001:db8::7'])
  })

  it('are none where a mark of the user has them go another way, unless all is led into the tunnel', () => {
    const fullTunnel = { ipv4: false, ipv6: false }
    const host = { mark: 7, fullTunnel } as TunnelConfig['host']
    expect(addresses({ peers: [HUB], host })).toEqual([])
    expect(
      addresses({ peers: [HUB], host: { ...host!, fullTunnel: { ipv4: true, ipv6: false } } }),
    ).toHaveLength(2)
  })
})

function addresses(
  config: Parameters<typeof carrierAddresses>[0],
  known?: Parameters<typeof carrierAddresses>[2],
) {
  return carrierAddresses(config, traitsIn([builtins]), known).map(textOf)
}
