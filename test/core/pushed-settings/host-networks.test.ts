import { describe, expect, it } from 'vitest'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'
import { EVERYTHING, parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import type { HostNetworks } from '../../../src/core/pushed-settings/host-networks.js'
import { permittedSettings } from '../../../src/core/pushed-settings/permitted-settings.js'
import { NO_SETTINGS, SETTING_KINDS } from '../../../src/core/settings/client-settings.js'
import { settingsOf } from '../../support/ciphers/settings-samples.js'

const HOST: HostNetworks = {
  connected: ['192.168.7.0/24', '10.64.0.1/32', '2001:db8:7::/64'].map((text) => parseIpPrefix(text)!),
  nextHops: ['192.168.7.1', '203.0.113.1', '2001:db8:9::1'].map((text) => parseIpAddress(text)!),
  nameServers: ['198.51.100.53', '2001:db8:53::53'].map((text) => parseIpAddress(text)!),
}
const ALL = { accepts: SETTING_KINDS, allowed: EVERYTHING, mtu: 1420 }
const permitted = (pushed: Parameters<typeof settingsOf>[0]) =>
  permittedSettings(settingsOf(pushed), ALL, [], HOST)

describe('what a client applies of pushed settings, beside the networks of its host', () => {
  it.each([
    [
      'a network of the host',
      { routes: ['192.168.7.0/24'] },
      '192.168.7.0/24 is within 192.168.7.0/24, a network of this host',
    ],
    ['a part of one', { routes: ['192.168.7.128/25'] }, '192.168.7.128/25 is within 192.168.7.0/24'],
    ['a host of one', { routes: ['192.168.7.66/32'] }, '192.168.7.66/32 is within 192.168.7.0/24'],
    [
      'a part of one of IPv6',
      { routes: ['2001:db8:7:0:1::/80'] },
      '2001:db8:7:0:1::/80 is within 2001:db8:7::/64',
    ],
    ['an address in one', { addresses: ['192.168.7.66'] }, '192.168.7.66/32 is within 192.168.7.0/24'],
    ['an address of the host', { addresses: ['10.64.0.1'] }, '10.64.0.1/32 is within 10.64.0.1/32'],
    ['a name server in one', { nameServers: ['192.168.7.66'] }, '192.168.7.66 is within 192.168.7.0/24'],
    [
      'what holds its next hop',
      { routes: ['192.168.0.0/16'] },
      '192.168.0.0/16 holds 192.168.7.1, the next hop of this host',
    ],
    [
      'its next hop beyond its networks',
      { routes: ['203.0.113.1/32'] },
      '203.0.113.1/32 holds 203.0.113.1, the next hop',
    ],
    [
      'what holds its next hop of IPv6',
      { routes: ['2001:db8:8::/46'] },
      '2001:db8:8::/46 holds 2001:db8:9::1, the next hop',
    ],
    [
      'its next hop as a name server',
      { nameServers: ['203.0.113.1'] },
      '203.0.113.1 holds 203.0.113.1, the next hop',
    ],
    [
      'what holds a name server in use',
      { routes: ['198.51.100.0/24'] },
      '198.51.100.0/24 holds 198.51.100.53, a name server of this host',
    ],
    ['a name server in use as an address', { addresses: ['198.51.100.53'] }, 'a name server of this host'],
    ['all of IPv4', { routes: ['0.0.0.0/0'] }, '0.0.0.0/0 holds 192.168.7.1'],
    ['loopback addresses', { routes: ['127.1.0.0/16'] }, '127.1.0.0/16 is loopback'],
    ['the loopback address of IPv6', { routes: ['::1/128'] }, '::1/128 is loopback'],
    ['link-local addresses', { routes: ['169.254.169.254/32'] }, '169.254.169.254/32 is link-local'],
    ['a link-local address', { addresses: ['169.254.1.1'] }, '169.254.1.1/32 is link-local'],
    ['a link-local name server', { nameServers: ['169.254.169.253'] }, '169.254.169.253 is link-local'],
    ['link-local addresses of IPv6', { routes: ['fe80::/64'] }, 'fe80::/64 is link-local'],
    ['a link-local address of IPv6', { addresses: ['fe80::1'] }, 'fe80::1/128 is link-local'],
    ['multicast addresses', { routes: ['239.0.0.0/8'] }, '239.0.0.0/8 is multicast'],
    ['multicast addresses of IPv6', { routes: ['ff05::/16'] }, 'ff05::/16 is multicast'],
    ['the broadcast address', { routes: ['255.255.255.255/32'] }, '255.255.255.255/32 is broadcast'],
    ['unspecified addresses', { routes: ['0.0.0.0/8'] }, '0.0.0.0/8 is unspecified'],
    ['IPv4 in IPv6', { routes: ['::ffff:10.0.0.0/104'] }, '/104 is IPv4 in IPv6'],
  ])('is never %s, and it tells why', (_what, pushed, why) => {
    const { settings, refused } = permitted(pushed)
    expect(settings).toEqual(NO_SETTINGS)
    expect(refused).toEqual([expect.stringContaining(why)])
  })

  it('is what lies elsewhere, or around a network of the host without its next hop', () => {
    const pushed = {
      addresses: ['10.64.0.2', 'fd00::2'],
      routes: ['10.0.0.0/8', '192.168.8.0/24', '2001:db8:6::/47', 'fec0::/10'],
      nameServers: ['10.9.0.1', '198.51.100.53'],
    }
    const { settings, refused } = permitted(pushed)
    expect(refused).toEqual([])
    expect(settings).toEqual(settingsOf(pushed))
  })
})
