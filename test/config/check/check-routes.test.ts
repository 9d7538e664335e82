import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import { readToml } from '../../../src/config/toml/read.js'
import { readWgQuick } from '../../../src/config/wg-quick/read.js'
import { A, OWN } from '../../support/keys.js'

const remarks = (peer: string, own = '') => {
  const start = `[Interface]\nPrivateKey = ${OWN.privateKey}\nAddress = 10.0.0.1/24\n${own}\n`
  const text = `${start}[Peer]\nPublicKey = ${A.publicKey}\n${peer}\n`
  return modelOf('file', readWgQuick(text), publicKeyOf, BUILT_IN_TRAITS).remarks
}

const toml = (lines: string) => {
  const own = `[interface]\nprivate-key = "${OWN.privateKey}"\naddress = ["10.0.0.1/24"]\n${lines}\n`
  const peer = `public-key = "${A.publicKey}"\nallowed-ips = ["192.0.2.0/24"]\nendpoints = ["udp://a:1"]\n`
  return modelOf('file', readToml('file', `${own}[[peer]]\n${peer}`), publicKeyOf, BUILT_IN_TRAITS)
}

describe('what a file tells of routes that lead nowhere', () => {
  it.each([
    ['AllowedIPs = 192.0.2.0/24\nEndpoint = 192.0.2.1:51820', '192.0.2.1', '192.0.2.0/24'],
    ['AllowedIPs = 2001:db8::/32\nEndpoint = [2001:db8::1]:51820', '2001:db8::1', '2001:db8::/32'],
    ['AllowedIPs = 0.0.0.0/1, 128.0.0.0/1\nEndpoint = 192.0.2.1:51820', '192.0.2.1', '128.0.0.0/1'],
  ])('is remarked of an endpoint: %j', (peer, address, range) => {
    const text = `'Endpoint' in [Peer] 1 leads to ${address}, which lies within ${range}: `
    const passes = 'a mark lets what carries the tunnel pass by the routes there'
    expect(remarks(peer)).toEqual([{ line: 8, text: text + passes }])
    const itself = 'the tunnel would have to carry itself'
    expect(remarks(peer, 'Table = 77')).toEqual([{ line: 8, text: text + itself }])
    expect(remarks(peer, 'Table = off')).toEqual([])
  })

  it('is remarked of the own address', () => {
    const text =
      "'AllowedIPs' in [Peer] 1 holds 10.0.0.1/32, this end's own address: what is sent there never leaves the host"
    expect(remarks('AllowedIPs = 10.0.0.1/32\nEndpoint = a:1')).toEqual([{ line: 7, text }])
  })

  it.each([
    ['exclude = ["10.0.0.0/8"]', '10.0.0.0/8, which no peer owns: it is outside the tunnel anyway'],
    ['exclude = ["10.0.0.0/8"]\nkill-switch = true', undefined],
    ['exclude = ["192.0.2.128/25"]', undefined],
    [
      'exclude = ["192.0.0.0/16"]\nkill-switch = true',
      '192.0.0.0/16; 192.0.2.0/24 within it goes into the tunnel: the longer one wins',
    ],
    [
      'exclude = ["192.0.2.0/25"]\ndns = ["192.0.2.1"]',
      '192.0.2.0/25: the name server 192.0.2.1 is asked outside the tunnel',
    ],
  ])('is remarked of what is excluded: %j', (lines, what) => {
    const remarked = toml(lines).remarks.map(({ text }) => text)
    expect(remarked).toEqual(what === undefined ? [] : [`'exclude' in [interface] holds ${what}`])
  })

  it('is remarked of local networks that nothing closes, and refused if they are closed by name', () => {
    const text =
      "'allow-lan' in [interface] has no effect without a kill switch, which alone closes local networks"
    expect(toml('allow-lan = true').remarks).toEqual([{ line: 4, text }])
    expect(toml('allow-lan = true\nkill-switch = true').remarks).toEqual([])
    expect(() => toml('allow-lan = true\nunderlay-routes = "none"')).toThrow(
      "'allow-lan' in [interface] stands beside 'underlay-routes' in [interface]: 'none'; leave one of the two out",
    )
  })

  it.each([
    ['::/0', "::/0, all addresses of its family; leave that out of 'allowed-ips' instead"],
    ['192.0.2.0/24', '192.0.2.0/24, which a peer owns; leave one of the two out'],
    ['10.0.0.64/26', '10.0.0.64/26, within the network of 10.0.0.1/24; write that address as 10.0.0.1/32'],
  ])('refuses to exclude %s', (range, why) => {
    expect(() => toml(`exclude = ["${range}"]`)).toThrow(why)
  })

  it.each([
    'AllowedIPs = 0.0.0.0/0, ::/0\nEndpoint = 192.0.2.1:51820',
    'AllowedIPs = 10.0.0.0/24\nEndpoint = vpn.example.org:51820',
    'AllowedIPs = 10.0.0.0/24\nEndpoint = 192.0.2.1:51820',
  ])('is nothing: %j', (peer) => {
    expect(remarks(peer)).toEqual([])
  })
})
