import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import type { HostNames } from '../../../src/config/wg-quick/host-names.js'
import { readWgQuick } from '../../../src/config/wg-quick/read.js'
import { A, OWN } from '../../support/keys.js'

/** A host with one table and one service. */
const NAMES: HostNames = {
  table: (name) => (name === 'office' ? 77 : undefined),
  port: (name) => (name === 'vpn' ? 1194 : undefined),
}
const START = `[Interface]\nPrivateKey = ${OWN.privateKey}\nAddress = 10.0.0.1/24\n`
const peer = (more: string) => `[Peer]\nPublicKey = ${A.publicKey}\n${more}\n`
const read = (text: string) => modelOf('file', readWgQuick(text, NAMES), publicKeyOf, BUILT_IN_TRAITS)
const ownOf = (more: string) => read(`${START}${more}\n`).model.interface
const peerOf = (more: string) => read(`${START}${peer(more)}`).model.peers[0]!

describe('a wg-quick file', () => {
  it.each([
    ['Table = office', { table: 77 }],
    ['Table = Off', { table: 'off' }],
    ['Table = 0x4d', { table: 77 }],
    ['ListenPort = vpn', { listen: ['udp://[::]:1194'] }],
    ['FwMark = Off', { fwmark: 0 }],
    ['SaveConfig = True', { saveConfig: true }],
    ['DNS = 10.0.0.1  10.0.0.2,~. # ours', { dns: ['10.0.0.1', '10.0.0.2', '~.'] }],
    [
      'DNS = 1.1.1.1#one.one.one.one, fe80::1%eth0#a.b #c.d',
      { dns: ['1.1.1.1#one.one.one.one', 'fe80::1%eth0#a.b'] },
    ],
    ['DNS = 1.1.1.1#ours, 9.9.9.9', { dns: ['1.1.1.1'] }],
    ['DNS = 1.1.1.1,example.org#one.one', { dns: ['1.1.1.1', 'example.org'] }],
    ['Address = 10.1.0.1/255.255.0.0', { address: ['10.0.0.1/24', '10.1.0.1/16'] }],
    ['MTU = 1400\nMTU =', {}],
    ['PostUp =\nPostUp = true', { postUp: ['true'] }],
  ])('says %j in the interface', (lines, meant) => {
    const { privateKey, ...own } = ownOf(lines)
    expect(own).toEqual({ address: ['10.0.0.1/24'], ...meant })
  })

  it.each([
    ['Endpoint = [fe80::1%eth0]:51820', { endpoints: ['udp://[fe80::1%eth0]:51820'] }],
    ['Endpoint = fe80::1%eth0:51820', { endpoints: ['udp://[fe80::1%eth0]:51820'] }],
    ['Endpoint = 2001:db8::1:vpn', { endpoints: ['udp://[2001:db8::1]:1194'] }],
    ['Endpoint = VPN.example.org : 51820', { endpoints: ['udp://VPN.example.org:51820'] }],
    ['Endpoint = a:1\nEndpoint = b:2', { endpoints: ['udp://b:2'] }],
    ['Endpoint = a:1\nEndpoint = tcp://c:3\nEndpoint = b:2', { endpoints: ['tcp://c:3', 'udp://b:2'] }],
    ['Endpoint = a:1\nEndpoint = udp://b:2', { endpoints: ['udp://a:1', 'udp://b:2'] }],
    ['AllowedIPs = 10.0.0.0/24 fd00::/64', { allowedIps: ['10.0.0.0/24', 'fd00::/64'] }],
    ['AllowedIPs = 10.0.0.0 / 24', { allowedIps: ['10.0.0.0/24'] }],
    ['PersistentKeepalive = OFF', { keepalive: 0 }],
  ])('says %j in the peer', (lines, meant) => {
    expect(peerOf(lines)).toEqual({ publicKey: A.publicKey, ...meant })
  })

  it('tells of what is there twice, and which of it counts', () => {
    const text = `${START}MTU = 1400\n${peer('AllowedIPs = 10.0.0.2\nPersistentKeepalive = 5')}[Interface]\nMTU = 1380\n${peer('Endpoint = 192.0.2.1:1')}`
    const { model, remarks } = read(text)
    expect(model.interface.mtu).toBe(1380)
    expect(model.peers).toEqual([
      { publicKey: A.publicKey, allowedIps: [], keepalive: 5, endpoints: ['udp://192.0.2.1:1'] },
    ])
    expect(remarks).toEqual([
      { line: 9, text: '[Interface] is there twice, and both count; the first is in line 1' },
      { line: 10, text: "'MTU' is given twice in [Interface], and this one counts; the first is in line 4" },
      { line: 11, text: '[Peer] has the public key of that in line 5 again; what it says counts' },
    ])
  })

  it('tells which endpoint of two counts that wg would read', () => {
    const { remarks } = read(`${START}${peer('Endpoint = a:1\nEndpoint = tcp://c:3\nEndpoint = b:2')}`)
    expect(remarks).toContainEqual({
      line: 8,
      text: "'Endpoint' is given twice in [Peer], and this one counts; the first is in line 6",
    })
  })

  it('names the line of the value that counts', () => {
    const text = `${START}MTU = 1400\nMTU = 5\n${peer('')}${peer('AllowedIPs = 10.0.0.2/33')}`
    expect(() => read(text)).toThrow(
      [
        "Cannot use file:5: 'MTU' in [Interface] is 5; allowed: a whole number within 576 to 65000",
        "Cannot use file:11: 'AllowedIPs' in [Peer] 1 is '10.0.0.2/33'; allowed: a range such as 10.0.0.2/32 or fd00::/64",
      ].join('\n'),
    )
  })

  it.each([
    ['Endpoint = vpn.example.org:99999', "'vpn.example.org:99999'"],
    ['Endpoint = 10.0.0.300:1', "'10.0.0.300:1'"],
  ])('shows %j as it stands there', (line, shown) => {
    expect(() => peerOf(line)).toThrow(`in [Peer] 1 is ${shown}; allowed:`)
  })

  it.each(['Group = office', 'Choose = nearest'])('has no groups, and refuses %j by one line', (line) => {
    const told = `Cannot use file:6: unknown key '${line.split(' ')[0]}' in [Peer]; known are `
    expect(() => peerOf(line)).toThrow(told)
    expect(() => peerOf(line)).not.toThrow('\n')
  })

  it('tells what wg takes where TOML takes something else', () => {
    const service = 'the name of a UDP service in /etc/services'
    expect(() => ownOf('Table = attic')).toThrow(
      `'attic'; allowed: "auto", "off", the number of a table within 1 to 4294967295, or its name in /etc/iproute2/rt_tables`,
    )
    expect(() => ownOf('ListenPort = web')).toThrow(`'web'; allowed: a port within 0 to 65535, or ${service}`)
    expect(() => peerOf('Endpoint = 192.0.2.1')).toThrow(
      `'192.0.2.1'; allowed: HOST:PORT, or a URL such as tcp://vpn.example.org:443; PORT may be ${service}`,
    )
  })

  it('says in one line that AmneziaWG is not spoken', () => {
    const text = `${START}Jc = 4\nJmin = 40\nH1 = 1\n${peer('AdvancedSecurity = on')}`
    expect(() => read(text)).toThrow(
      /^Cannot use file:4: 'Jc' and 3 more keys belong to AmneziaWG, [^\n]* does not speak it[^\n]*$/,
    )
    expect(() => read(`${START}I1 = <b 0x01>\n`)).toThrow("file:4: 'I1' belongs to AmneziaWG")
  })
})
