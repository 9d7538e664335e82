import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'
import { liesWithin } from '../../../src/core/ip/ip-network.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { permittedSettings } from '../../../src/core/pushed-settings/permitted-settings.js'
import { NO_SETTINGS, SETTING_KINDS } from '../../../src/core/settings/client-settings.js'
import { anySettings, settingsOf } from '../../support/ciphers/settings-samples.js'

const prefixes = (...texts: string[]) => texts.map((text) => parseIpPrefix(text)!)
const ALL = { accepts: SETTING_KINDS, allowed: prefixes('10.0.0.0/8', 'fd00::/16'), mtu: 1420 }
const HANDED = settingsOf({
  addresses: ['10.0.0.2', 'fd00::2'],
  routes: ['10.9.0.0/16', 'fd00:9::/32'],
  nameServers: ['10.0.0.1'],
  searchDomains: ['example.org'],
  mtu: 1380,
})

describe('what a client applies of handed settings', () => {
  it('is all of them where its file accepts all kinds and they lie within what the peer owns', () => {
    expect(permittedSettings(HANDED, ALL, [])).toEqual({ settings: HANDED, refused: [] })
  })

  it('is nothing where its file accepts nothing', () => {
    const { settings, refused } = permittedSettings(HANDED, { ...ALL, accepts: [] }, [])
    expect(settings).toEqual(NO_SETTINGS)
    expect(refused).toEqual([])
  })

  it.each(SETTING_KINDS)('is %s alone where its file accepts no other kind', (kind) => {
    const { settings } = permittedSettings(HANDED, { ...ALL, accepts: [kind] }, [])
    const own = {
      addresses: { addresses: HANDED.addresses },
      routes: { routes: HANDED.routes },
      dns: { nameServers: HANDED.nameServers, searchDomains: HANDED.searchDomains },
      mtu: { mtu: HANDED.mtu },
    }
    expect(settings).toEqual({ ...NO_SETTINGS, ...own[kind] })
  })

  it.each([
    ['a route beyond what the peer owns', { routes: ['192.168.1.0/24'] }, '192.168.1.0/24 is beyond'],
    ['a route around what the peer owns', { routes: ['8.0.0.0/5'] }, '8.0.0.0/5 is beyond'],
    ['all of IPv4', { routes: ['0.0.0.0/0'] }, '0.0.0.0/0 is beyond'],
    ['all of IPv6', { routes: ['::/0'] }, '::/0 is beyond'],
    ['the halves of IPv4', { routes: ['0.0.0.0/1', '128.0.0.0/1'] }, '0.0.0.0/1 is beyond'],
    ['an address beyond what the peer owns', { addresses: ['192.168.1.1'] }, '192.168.1.1/32 is beyond'],
    ['the unspecified address', { addresses: ['0.0.0.0'] }, '0.0.0.0/32 is no address'],
    ['a loopback address', { addresses: ['127.0.0.1'] }, '127.0.0.1/32 is no address'],
    ['a multicast address', { addresses: ['224.0.0.1'] }, '224.0.0.1/32 is no address'],
    ['the broadcast address', { addresses: ['255.255.255.255'] }, '255.255.255.255/32 is no address'],
    ['the loopback address of IPv6', { addresses: ['::1'] }, '::1/128 is no address'],
    ['a multicast address of IPv6', { addresses: ['ff02::1'] }, 'ff02::1/128 is no address'],
    ['an IPv4 address in IPv6', { addresses: ['::ffff:10.0.0.2'] }, '::ffff:a00:2/128 is no address'],
    ['a name server that is none', { nameServers: ['127.0.0.53'] }, '127.0.0.53 is no address'],
    ['an MTU below what IPv6 needs', { mtu: 1279 }, 'the MTU 1279 is not within 1280 to 1420'],
    ['an MTU above its own', { mtu: 1421 }, 'the MTU 1421 is not within 1280 to 1420'],
  ])('is never %s, and it tells why', (_what, pushed, why) => {
    const { settings, refused } = permittedSettings(settingsOf(pushed), ALL, [])
    expect(settings).toEqual(NO_SETTINGS)
    expect(refused[0]).toContain(why)
  })

  it('is no route and no address that holds what the tunnel is carried by', () => {
    const carriers = ['10.9.3.4', 'fd00:9::1'].map((text) => parseIpAddress(text)!)
    const everything = { ...ALL, allowed: prefixes('0.0.0.0/0', '::/0') }
    const pushed = settingsOf({
      addresses: ['10.9.3.4', '10.9.3.5'],
      routes: ['0.0.0.0/0', '::/0', '10.9.0.0/16', '10.8.0.0/16', 'fd00:9::/32', 'fd00:8::/32'],
    })
    const { settings, refused } = permittedSettings(pushed, everything, carriers)
    expect(settings).toEqual(settingsOf({ addresses: ['10.9.3.5'], routes: ['10.8.0.0/16', 'fd00:8::/32'] }))
    expect(refused).toContain('0.0.0.0/0 holds an address that the tunnel itself is carried by')
    expect(refused).toHaveLength(5)
  })

  it('is never more than was handed, than its file accepts, or than the peer owns', () => {
    fc.assert(
      fc.property(
        anySettings,
        fc.subarray([...SETTING_KINDS]),
        anySettings,
        fc.integer({ min: 1280, max: 9000 }),
        (pushed, accepts, { routes: allowed }, mtu) => {
          const { settings } = permittedSettings(pushed, { accepts, allowed, mtu }, [])
          const ranges = [...settings.addresses, ...settings.routes]
          expect(ranges.every((range) => allowed.some((outer) => liesWithin(range, outer)))).toBe(true)
          expect(pushed.addresses).toEqual(expect.arrayContaining([...settings.addresses]))
          expect(pushed.routes).toEqual(expect.arrayContaining([...settings.routes]))
          expect(settings.addresses.length === 0 || accepts.includes('addresses')).toBe(true)
          expect(settings.routes.length === 0 || accepts.includes('routes')).toBe(true)
          expect(settings.nameServers.length === 0 || accepts.includes('dns')).toBe(true)
          expect(settings.searchDomains.length === 0 || accepts.includes('dns')).toBe(true)
          expect(settings.mtu === undefined || (accepts.includes('mtu') && settings.mtu <= mtu)).toBe(true)
        },
      ),
    )
  })
})
