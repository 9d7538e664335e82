import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { checkAddressPair, parseListen, parsePeer } from '../../../src/config/schema/parse.js'

function refusal(message: string) {
  return expect.objectContaining({ name: 'ConfigError', code: 'ERR_CONFIG_VALUE', message })
}

/** Text that is often nearly a host with a port. */
const nearlyAddress = fc
  .array(
    fc.constantFrom('[', ']', ':', '::', '.', '%', '@', '/', '-', '127.0.0.1', 'fd00::1', 'host', '80', '0'),
    {
      maxLength: 7,
    },
  )
  .map((pieces) => pieces.join(''))

describe('parsePeer', () => {
  it.each([
    ['vpn.example.org', 'udp://vpn.example.org:1337'],
    ['vpn_1:51820', 'udp://vpn_1:51820'],
    ['192.0.2.7', 'udp://192.0.2.7:1337'],
    ['192.0.2.7:1', 'udp://192.0.2.7:1'],
    ['fd00::1', 'udp://[fd00::1]:1337'],
    ['[fd00::1]', 'udp://[fd00::1]:1337'],
    ['[FD00::1]:65535', 'udp://[fd00::1]:65535'],
    ['::ffff:192.0.2.7', 'udp://[::ffff:c000:207]:1337'],
    ['fe80::1%eth0', 'udp://[fe80::1]:1337#zone=eth0'],
    ['[fe80::1%2]:5', 'udp://[fe80::1]:5#zone=2'],
  ])('reads %s', (text, href) => {
    expect(parsePeer(text, 'udp', BUILT_IN_TRAITS.transport).href.toLowerCase()).toBe(href)
  })

  it.each([
    ['', "Cannot read the peer: '' is not HOST, HOST:PORT or [IPv6]:PORT"],
    [':1337', "Cannot read the peer: ':1337' is not HOST, HOST:PORT or [IPv6]:PORT"],
    ['host:', "Cannot read the port of the peer: '' is not within 1 to 65535"],
    ['host:0', "Cannot read the port of the peer: '0' is not within 1 to 65535"],
    ['host:65536', "Cannot read the port of the peer: '65536' is not within 1 to 65535"],
    ['host:1e3', "Cannot read the port of the peer: '1e3' is not within 1 to 65535"],
    ['host:80:90', "Cannot read the peer: 'host:80:90' is not HOST, HOST:PORT or [IPv6]:PORT"],
    ['fe80::1%', "Cannot read the peer: 'fe80::1%' is not HOST, HOST:PORT or [IPv6]:PORT"],
    ['[fe80::1%a/b]:80', 'Cannot read the peer: [fe80::1%a/b] holds no IPv6 address'],
    ['host%eth0', "Cannot read the peer: 'host%eth0' is not a host name"],
    ['[host]:80', 'Cannot read the peer: [host] holds no IPv6 address'],
    ['[192.0.2.7]:80', 'Cannot read the peer: [192.0.2.7] holds no IPv6 address'],
    ['192.0.2.256', "Cannot read the peer: '192.0.2.256' is not an IPv4 address"],
    ['1234', "Cannot read the peer: '1234' is not an IPv4 address"],
    ['user@host', "Cannot read the peer: '…@host' is not a host name"],
    ['host/path', "Cannot read the peer: 'host/path' is not a host name"],
    ['a b', "Cannot read the peer: 'a b' is not a host name"],
    ['udp://', "Cannot read the peer: 'udp://' is not a URL such as udp://host:1337"],
    ['udp://host:0', "Cannot read the port of the peer: '0' is not within 1 to 65535"],
    ['udp://192.0.2.256', "Cannot read the peer: '192.0.2.256' is not an IPv4 address"],
  ])("refuses '%s'", (text, message) => {
    expect(() => parsePeer(text, 'udp', BUILT_IN_TRAITS.transport)).toThrow(refusal(message))
  })

  it.each([
    ['udp://host', 'udp://host:1337'],
    ['tcp://[fd00::1]:5', 'tcp://[fd00::1]:5'],
    ['tcp://[fe80::1%br-lan.7]:5', 'tcp://[fe80::1]:5#zone=br-lan.7'],
    ['ws://host/[ab%20]', 'ws://host/[ab%20]'],
    ['ws://host', 'ws://host/'],
    ['wss://host:1337/path', 'wss://host:1337/path'],
    ['unix:///run/qanat', 'unix:///run/qanat'],
  ])('reads the URL %s', (text, href) => {
    expect(parsePeer(text, 'udp', BUILT_IN_TRAITS.transport).href).toBe(href)
  })

  it('refuses what only looks like a host to a web scheme', () => {
    expect(parsePeer('host127.0.0.1', 'udp', BUILT_IN_TRAITS.transport).hostname).toBe('host127.0.0.1')
    expect(() => parsePeer('host127.0.0.1', 'ws', BUILT_IN_TRAITS.transport)).toThrow(
      refusal("Cannot read the peer: 'host127.0.0.1' is not a host name"),
    )
  })

  it('refuses a transport whose name no URL can begin with', () => {
    for (const scheme of ['', 'a b', '7', 'udp://']) {
      expect(() => parsePeer('host', scheme, BUILT_IN_TRAITS.transport)).toThrow(
        refusal(
          `Cannot read the transport: '${scheme}' is not a known name; see 'qanat plugins' for the known ones`,
        ),
      )
    }
  })

  it('reads or refuses whatever is typed, and never throws anything else', () => {
    const text = fc.oneof(fc.string({ maxLength: 20 }), nearlyAddress)
    fc.assert(
      fc.property(text, fc.constantFrom('udp', 'ws', 'wss', 'memory'), (typed, scheme) => {
        for (const parse of [parsePeer, parseListen]) {
          try {
            const { protocol, hostname, username, pathname } = parse(typed, scheme, BUILT_IN_TRAITS.transport)
            if (typed.includes('://')) continue
            expect([protocol, hostname !== '', username]).toEqual([`${scheme}:`, true, ''])
            expect(['', '/']).toContain(pathname)
          } catch (thrown) {
            expect(thrown).toMatchObject({ name: 'ConfigError', code: 'ERR_CONFIG_VALUE' })
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('parseListen', () => {
  it.each([
    ['5000', 'udp://[::]:5000'],
    ['0', 'udp://[::]:0'],
    ['192.0.2.1:5000', 'udp://192.0.2.1:5000'],
    ['localhost:0', 'udp://localhost:0'],
    ['[::1]:5000', 'udp://[::1]:5000'],
    ['::1', 'udp://[::1]:1337'],
  ])('reads %s', (text, href) => {
    expect(parseListen(text, 'udp', BUILT_IN_TRAITS.transport).href).toBe(href)
  })

  it.each([
    ['65536', "Cannot read the port of where to listen: '65536' is not within 0 to 65535"],
    ['', "Cannot read where to listen: '' is not HOST, HOST:PORT or [IPv6]:PORT"],
  ])("refuses '%s'", (text, message) => {
    expect(() => parseListen(text, 'udp', BUILT_IN_TRAITS.transport)).toThrow(refusal(message))
  })
})

describe('checkAddressPair', () => {
  it('takes two addresses of one kind', () => {
    expect(() => checkAddressPair('10.0.0.1', '10.0.0.2')).not.toThrow()
    expect(() => checkAddressPair('fd00::1', 'fd00::2')).not.toThrow()
  })

  it.each([
    ['10.0.0', '10.0.0.2', "Cannot read the local address: '10.0.0' is not an IPv4 or IPv6 address"],
    [
      '10.0.0.1',
      '10.0.0.2/24',
      "Cannot read the peer's address: '10.0.0.2/24' is not an IPv4 or IPv6 address",
    ],
    [
      '10.0.0.1',
      'fd00::2',
      "Cannot read the addresses: '10.0.0.1' and 'fd00::2' mix IPv4 with IPv6; give two of one kind",
    ],
    ['fd00::1', 'FD00:0::1', "Cannot read the addresses: both are 'fd00::1'; the peer needs a different one"],
  ])('refuses %s and %s', (local, peer, message) => {
    expect(() => checkAddressPair(local, peer)).toThrow(refusal(message))
  })
})
