import { describe, expect, it } from 'vitest'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { underlayRoutes } from '../../../src/host/routing/underlay-routes.js'
import type { HostAddress } from '../../../src/native/netlink/address.js'
import type { Route } from '../../../src/native/netlink/route.js'

const [KERNEL, BOOT, STATIC, RA, DHCP, BIRD] = [2, 3, 4, 9, 16, 12]

function route(text: string, protocol: number, more: Partial<Route> = {}): Route {
  const destination = parseIpPrefix(text)!
  const family = destination.address.length === 4 ? 4 : 6
  return {
    ...{ family, table: 254, destination, unicast: true, link: 2, gateway: undefined, metric: 0, protocol },
    ...{ alive: true, cloned: false, body: Buffer.alloc(0), ...more },
  }
}

function address(text: string, link = 2): HostAddress {
  const network = parseIpPrefix(text)!
  const family = network.address.length === 4 ? 4 : 6
  return { family, link, local: network.address, network, body: Buffer.alloc(0) }
}

const GATEWAY = { gateway: Uint8Array.of(192, 168, 1, 1) }

describe('beside a full tunnel', () => {
  it.each([
    ['a private network that the host is connected to', route('192.168.1.0/24', KERNEL), '192.168.1.7/24'],
    ['one whose prefix DHCP told', route('192.168.1.0/24', DHCP), '192.168.1.7/24'],
    ['a link', route('fe80::/64', KERNEL), 'fe80::1/64'],
    ['a unique local network that a router told', route('fd01::/64', RA), 'fd01::9/64'],
    ['the largest network', route('10.0.0.0/8', KERNEL), '10.1.2.3/8'],
    ["an administrator's route", route('8.8.0.0/16', STATIC, GATEWAY), '192.168.1.7/24'],
    ['one added by hand', route('172.20.0.0/16', BOOT, GATEWAY), '192.168.1.7/24'],
    ["a routing daemon's", route('8.8.0.0/16', BIRD, GATEWAY), '192.168.1.7/24'],
    ["the far end of another tunnel's device", route('10.8.0.1/32', KERNEL, { link: 3 }), '192.168.1.7/24'],
  ])('passes %s', (_what, one, own) => {
    expect(underlayRoutes([one], [address(own)])).toEqual([one])
  })

  it.each([
    ['a public network that the host is connected to', route('8.8.8.0/24', KERNEL), '8.8.8.9/24'],
    ['the public IPv6 network that a router told', route('2001:db8::/64', KERNEL), '2001:db8::9/64'],
    ['a network wider than any', route('0.0.0.0/1', KERNEL), '10.1.2.3/1'],
    ['what holds a private network and more', route('172.0.0.0/8', KERNEL), '172.16.0.1/8'],
    ['a route that DHCP told (option 121)', route('8.8.8.8/32', DHCP, GATEWAY), '192.168.1.7/24'],
    ['a private one that DHCP told', route('10.0.0.0/8', DHCP, GATEWAY), '192.168.1.7/24'],
    ['one on the link that DHCP told', route('8.8.8.8/32', DHCP), '192.168.1.7/24'],
    ['a route that a router told', route('2001:db8::/32', RA, GATEWAY), 'fe80::1/64'],
    ['a redirect', route('8.8.8.8/32', 1, GATEWAY), '192.168.1.7/24'],
    ['a default route', route('0.0.0.0/0', STATIC, GATEWAY), '192.168.1.7/24'],
    ['a route of another table', route('192.168.1.0/24', KERNEL, { table: 99 }), '192.168.1.7/24'],
    ['a network whose link is gone', route('192.168.1.0/24', KERNEL, { alive: false }), '192.168.1.7/24'],
  ])('does not pass %s', (_what, one, own) => {
    expect(underlayRoutes([one], [address(own)])).toEqual([])
  })
})
