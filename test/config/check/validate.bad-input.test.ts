import { describe, expect, it } from 'vitest'
import { BUILT_IN_TRAITS } from '../../../src/app/builtins.js'
import { publicKeyOf } from '../../../src/ciphers/keys/keys.js'
import { modelOf } from '../../../src/config/check/parsed.js'
import { parseText } from '../../../src/config/files/format.js'
import type { Format } from '../../../src/config/schema/formats.js'
import { asError } from '../../../src/core/api/errors.js'
import { A, B, C, OWN, PAIRS } from '../../support/keys.js'

const INTERFACE = `[interface]
private-key = "${OWN.privateKey}"
address = ["10.0.0.1/24"]
listen = ["udp://[::]:51820"]
`
const peer = (more: string, key = A.publicKey) =>
  `[[peer]]\npublic-key = "${key}"\n${more === '' ? '' : `${more}\n`}`
const A_PEER = peer('')

/** Files, by what is wrong with them; then the lines that say so, each after the file's name. */
const TOML: Record<string, [text: string, lines: string[]]> = {
  'no TOML': ['[interface', [':1: not valid TOML: ']],
  'a key twice': [`${INTERFACE}mtu = 1400\nmtu = 1420\n`, [':6: not valid TOML: ']],
  'nothing at all': ['', [': [interface] is missing']],
  'no peer with whom to share a key': [
    '[interface]\nkey = "12"\naddress = ["10.0.0.1/24"]\nlisten = ["udp://[::]:1"]\n',
    [': [[peer]] is missing; give at least one'],
  ],
  'an unknown key': [
    `${INTERFACE}adress = []\n${A_PEER}`,
    [":5: unknown key 'adress' in [interface]; did you mean 'address'?"],
  ],
  'an unknown key that is like none': [
    `${INTERFACE}colour = 1\n${A_PEER}`,
    [":5: unknown key 'colour' in [interface]; known are name, cipher, private-key,"],
  ],
  'a key of another table': [
    `${INTERFACE}keepalive = 25\n${A_PEER}`,
    [":5: unknown key 'keepalive' in [interface]; it belongs in [[peer]]"],
  ],
  'a key before any table': [
    `mtu = 1400\n${INTERFACE}${A_PEER}`,
    [":1: unknown key 'mtu' outside all tables; it belongs in [interface]"],
  ],
  'an unknown key of a peer': [
    `${INTERFACE}${peer('allowed_ips = ["10.0.0.2/32"]')}`,
    [":7: unknown key 'allowed_ips' in [[peer]] 1; did you mean 'allowed-ips'?"],
  ],
  'an unknown key of the server': [
    `${INTERFACE}${A_PEER}[server]\npush-route = []\n`,
    [":8: unknown key 'push-route' in [server]; did you mean 'push-routes'?"],
  ],
  'an unknown table': [
    `${INTERFACE}${A_PEER}[peers]\n`,
    [":7: unknown key 'peers' at the top of the file; did you mean 'peer'?"],
  ],
  'a single peer as a table': [
    `${INTERFACE}[peer]\npublic-key = "x"`,
    [':5: [[peer]] is a table; allowed: tables that begin with [[peer]]'],
  ],
  'an MTU out of range': [
    `${INTERFACE}mtu = 100\n${A_PEER}`,
    [":5: 'mtu' in [interface] is 100; allowed: a whole number within 576 to 65000"],
  ],
  'an MTU in words': [
    `${INTERFACE}mtu = "big"\n${A_PEER}`,
    [":5: 'mtu' in [interface] is 'big'; allowed: a whole number within 576 to 65000"],
  ],
  'an MTU that is too small for IPv6': [
    `${INTERFACE}mtu = 1279\n${peer('allowed-ips = ["10.0.0.2", "fd00::/64"]')}`,
    [
      ":5: 'mtu' in [interface] is 1279, and IPv6 (fd00::/64) needs at least 1280; without IPv6 576 is enough",
    ],
  ],
  'a mark that does not fit, a switch that is none, a name server with a port and a hook of two lines': [
    `${INTERFACE}fwmark = 4294967296\nkill-switch = "on"\ndns = ["1.1.1.1", "[::1]:53"]\npre-up = ["a\\nb"]\n${A_PEER}`,
    [
      ":5: 'fwmark' in [interface] is 4294967296; allowed: a whole number within 0 to 4294967295",
      ":6: 'kill-switch' in [interface] is 'on'; allowed: true or false",
      ":7: 'dns' in [interface] is '[::1]:53'; allowed: the address of a name server, or a domain",
      ":8: 'pre-up' in [interface] is",
    ],
  ],
  'an address that is none': [
    `[interface]\nprivate-key = "${OWN.privateKey}"\naddress = [\n  "10.0.0.1/24",\n  "10.0.0.256/24",\n]\nlisten = ["udp://[::]:1"]\n${A_PEER}`,
    [
      ":5: 'address' in [interface] is '10.0.0.256/24'; allowed: an address such as 10.0.0.1/24 or fd00::1/64",
    ],
  ],
  'a text for a list': [
    `${INTERFACE}${peer('allowed-ips = "10.0.0.2/32"')}`,
    [
      `:7: 'allowed-ips' in [[peer]] 1 is '10.0.0.2/32'; allowed: a list such as ["10.0.0.2/32", "fd00::2/128"]`,
    ],
  ],
  'a key in the place of another value': [
    `${INTERFACE}dns = ["${OWN.privateKey}", "x = ${OWN.privateKey}"]\n${A_PEER}`,
    [
      ":5: 'dns' in [interface] is a text of 44 characters; allowed: the address of a name server, or a domain",
      ":5: 'dns' in [interface] is a text of 48 characters; allowed: ",
    ],
  ],
  'an endpoint without a scheme': [
    `${INTERFACE}${peer('endpoints = ["vpn.example.org:51820"]')}`,
    [":7: 'endpoints' in [[peer]] 1 is 'vpn.example.org:51820'; allowed: a URL such as udp://"],
  ],
  'a port out of range': [
    `${INTERFACE}${peer('endpoints = ["udp://vpn.example.org:70000"]')}`,
    [
      ":7: 'endpoints' in [[peer]] 1 is 'udp://vpn.example.org:70000'; allowed: a URL such as udp://vpn.example.org:51820 or wss://host/path; its port is above 65535",
    ],
  ],
  'a log level that is none': [
    `${INTERFACE}${A_PEER}[log]\nlevel = "loud"`,
    [':8: \'level\' in [log] is \'loud\'; allowed: "debug", "info"'],
  ],
  'a table number that is none': [
    `${INTERFACE}table = "on"\n${A_PEER}`,
    [':5: \'table\' in [interface] is \'on\'; allowed: "auto", "off" or the number'],
  ],
  'no key': [
    '[interface]\naddress = ["10.0.0.1/24"]\nlisten = ["udp://[::]:1"]\n[[peer]]\n',
    [":1: 'private-key' in [interface] is missing; make one with"],
  ],
  'no address': [
    '[interface]\nkey = "12"\nlisten = ["udp://[::]:1"]\n[[peer]]\n',
    [":1: 'address' in [interface] is missing; such as 10.0.0.1/24"],
  ],
  'neither a listener nor an endpoint': [
    '[interface]\nkey = "12"\naddress = ["10.0.0.1/24"]\n[[peer]]\n',
    [":1: 'listen' in [interface] is missing, and no peer has an endpoint; give at least one of the two"],
  ],
  'a key and a file with one': [
    `${INTERFACE}private-key-file = "key"\n${A_PEER}`,
    [":5: 'private-key-file' in [interface] stands beside 'private-key' in [interface]; give one of them"],
  ],
  'a shared key beside a private one': [
    `${INTERFACE}key = "1234"\n${A_PEER}`,
    [":5: 'key' in [interface] stands beside a private key; a cipher takes one"],
  ],
  'a shared key with two peers': [
    '[interface]\nkey = "12"\naddress = ["10.0.0.1/24"]\nlisten = ["udp://[::]:1"]\n[[peer]]\n[[peer]]\n',
    [':5: [[peer]] 1 is one of 2; ends that share a key have one peer', ':6: [[peer]] 2 is one of 2;'],
  ],
  'a peer without a key': [
    `${INTERFACE}[[peer]]\nname = "a"\n`,
    [":5: 'public-key' in [[peer]] 1 is missing"],
  ],
  'a key twice among peers': [
    `${INTERFACE}${A_PEER}${A_PEER}`,
    [":8: 'public-key' in [[peer]] 2 is that of peer 1, too"],
  ],
  'a name twice': [
    `${INTERFACE}${peer('name = "a"')}${peer('name = "a"', B.publicKey)}`,
    [":10: 'name' in [[peer]] 2 is 'a', as that of peer 1 is"],
  ],
  'the own public key': [
    `${INTERFACE}${peer('', OWN.publicKey)}`,
    [":6: 'public-key' in [[peer]] 1 is this end's own public key"],
  ],
  'the own private key': [
    `${INTERFACE}${peer('', OWN.privateKey)}`,
    [":6: 'public-key' in [[peer]] 1 is also this end's private key; give"],
  ],
  'the private key of another peer': [
    `${INTERFACE}${A_PEER}${peer('', A.privateKey)}`,
    [":8: 'public-key' in [[peer]] 2 is the private key of peer 1; give a public key"],
  ],
  'a public key for the private one': [
    `${INTERFACE.replace(OWN.privateKey, A.publicKey)}${A_PEER}`,
    [":6: 'public-key' in [[peer]] 1 is also this end's private key; give"],
  ],
  'a key that is none': [
    `${INTERFACE}${peer('', 'c2hvcnQ=')}`,
    [":6: 'public-key' in [[peer]] 1 is a text of 8 characters; allowed: 32 bytes in base64, 44 characters"],
  ],
  'a range with two owners': [
    `${INTERFACE}${peer('allowed-ips = ["10.0.0.2/32"]')}${peer('allowed-ips = ["10.0.0.3/32", "10.0.0.2"]', B.publicKey)}`,
    [":10: 'allowed-ips' in [[peer]] 2 holds 10.0.0.2, which peer 1 owns already; each range has one owner"],
  ],
  'a range with two owners, written differently': [
    `${INTERFACE}${peer('allowed-ips = ["fd00::/64"]')}${peer('allowed-ips = ["fd00:0::1/64"]', B.publicKey)}`,
    [":10: 'allowed-ips' in [[peer]] 2 holds fd00:0::1/64, which peer 1 owns already"],
  ],
  'a kind of settings that is none': [
    `${INTERFACE}${peer('accept = ["routes", "keys"]')}`,
    [`:7: 'accept' in [[peer]] 1 is 'keys'; allowed: "addresses", "routes", "dns", "mtu"`],
  ],
  'a name server to hand out that is neither address nor domain': [
    `${INTERFACE}${A_PEER}[server]\npush-dns = ["10.0.0.300"]\n`,
    [
      ":8: 'push-dns' in [server] is '10.0.0.300'; allowed: the address of a name server, or a domain of at most",
    ],
  ],
  'more routes to hand out than fit a message': [
    `${INTERFACE}${peer(`push-routes = [${Array.from({ length: 25 }, (_, n) => `"10.${n}.0.0/16"`)}]`)}`,
    [":7: 'push-routes' in [[peer]] 1 is a list; allowed: a list of at most 24 such as"],
  ],
  'more name servers to hand out than fit a message': [
    `${INTERFACE}${A_PEER}[server]\npush-dns = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]\n`,
    [":8: 'push-dns' in [server] holds 5 name servers; allowed: at most 4"],
  ],
  'more domains to hand out than fit a message': [
    `${INTERFACE}${peer('push-dns = ["a.org", "b.org", "c.org", "d.org", "e.org"]')}`,
    [":7: 'push-dns' in [[peer]] 1 holds 5 domains; allowed: at most 4"],
  ],
  'an MTU to hand out below what IPv6 needs': [
    `${INTERFACE}${peer('push-mtu = 576')}`,
    [":7: 'push-mtu' in [[peer]] 1 is 576; allowed: a whole number within 1280 to 65000"],
  ],
  'settings to hand out and to accept with a cipher that tells nothing but packets': [
    '[interface]\ncipher = "xor"\nkey = "12"\naddress = ["10.0.0.1/24"]\nlisten = ["udp://[::]:1"]\n[[peer]]\naccept = ["mtu"]\n[server]\npush-mtu = 1400\n',
    [
      ":7: 'accept' in [[peer]] 1 needs a cipher that tells ends apart; xor does not",
      ":9: 'push-mtu' in [server] needs a cipher that tells ends apart; xor does not",
    ],
  ],
  'a number in a list of an option': [
    `${INTERFACE}${A_PEER}[plugin.port-drop]\nports = ["8080", 2323]\n`,
    [
      ":8: 'ports' in [plugin.port-drop] is a list whose item 2 is 2323, which is no text; allowed: a text, a number,",
    ],
  ],
  'a proxy that is none': [
    `${INTERFACE}${peer('proxy = "user:secret@proxy"')}`,
    [":7: 'proxy' in [[peer]] 1 is a text of 17 characters; allowed:"],
  ],
}

const WG_INTERFACE = `[Interface]
PrivateKey = ${OWN.privateKey}
Address = 10.0.0.1/24
ListenPort = 51820
`
const wgPeer = (more: string, key = A.publicKey) =>
  `[Peer]\nPublicKey = ${key}\n${more === '' ? '' : `${more}\n`}`
const A_WG_PEER = wgPeer('')

const WG_QUICK: Record<string, [text: string, lines: string[]]> = {
  'no section': [
    'Address = 10.0.0.1/24',
    [': [Interface] is missing', ':1: the line stands before the first [section]'],
  ],
  'an unknown section': [
    `${WG_INTERFACE}${A_WG_PEER}[Peers]\nA = 1\n`,
    [":7: unknown section 'Peers'; known are [Interface] and [Peer]"],
  ],
  'a section that every object of JavaScript has': [
    `${WG_INTERFACE}${A_WG_PEER}[constructor]\nname = 1\n[__proto__]\nA = 1\n`,
    [
      ":7: unknown section 'constructor'; known are [Interface] and [Peer]",
      ":9: unknown section '__proto__'; known are [Interface] and [Peer]",
    ],
  ],
  'an unknown key': [
    `${WG_INTERFACE}Adress = 10.0.0.2/24\n${A_WG_PEER}`,
    [":5: unknown key 'Adress' in [Interface]; did you mean 'Address'?"],
  ],
  'a key of the other section': [
    `${WG_INTERFACE}${wgPeer('MTU = 1400')}`,
    [":7: unknown key 'MTU' in [Peer]; it belongs in [Interface]"],
  ],
  'a key of wg without a value': [`${WG_INTERFACE}FwMark =\n${A_WG_PEER}`, [":5: 'FwMark' has no value"]],
  'a line that is nothing': [
    `${WG_INTERFACE}hello\n${A_WG_PEER}`,
    [":5: the line is neither a [section] nor 'Key = value'"],
  ],
  'a port in words': [
    `[Interface]\nPrivateKey = ${OWN.privateKey}\nAddress = 10.0.0.1/24\nListenPort = no-such-service\n${A_WG_PEER}`,
    [":4: 'ListenPort' in [Interface] is 'no-such-service'; allowed:"],
  ],
  'an endpoint without a port': [
    `${WG_INTERFACE}${wgPeer('Endpoint = vpn.example.org')}`,
    [":7: 'Endpoint' in [Peer] 1 is 'vpn.example.org'; allowed: HOST:PORT"],
  ],
  'a range that is none': [
    `${WG_INTERFACE}${wgPeer('AllowedIPs = 10.0.0.2/32\nAllowedIPs = 10.0.0.3/33')}`,
    [":8: 'AllowedIPs' in [Peer] 1 is '10.0.0.3/33'; allowed: a range such as"],
  ],
  'a range with two owners': [
    `${WG_INTERFACE}${wgPeer('AllowedIPs = 10.0.0.2/32')}${wgPeer('AllowedIPs = 10.0.0.3/32\nAllowedIPs = 10.0.0.2', B.publicKey)}`,
    [":11: 'AllowedIPs' in [Peer] 2 holds 10.0.0.2, which peer 1 owns already; each range has one owner"],
  ],
  'the private key of another peer': [
    `${WG_INTERFACE}${A_WG_PEER}${wgPeer('', A.privateKey)}`,
    [":8: 'PublicKey' in [Peer] 2 is the private key of peer 1; give a public key"],
  ],
  'the own public key': [
    `${WG_INTERFACE}${wgPeer('', OWN.publicKey)}`,
    [":6: 'PublicKey' in [Peer] 1 is this end's own public key; give the peer's"],
  ],
  'an unknown key of a peer': [
    `${WG_INTERFACE}${wgPeer('AllowedIP = 10.0.0.2/32')}`,
    [":7: unknown key 'AllowedIP' in [Peer]; did you mean 'AllowedIPs'?"],
  ],
  'a private key for a public one': [
    `${WG_INTERFACE}${wgPeer('', OWN.privateKey)}`,
    [":6: 'PublicKey' in [Peer] 1 is also this end's private key; give"],
  ],
}

describe('what is wrong in a file', () => {
  for (const [format, cases] of [
    ['toml', TOML],
    ['wg-quick', WG_QUICK],
  ] as const) {
    describe(`in the format ${format}`, () => {
      it.each(Object.entries(cases))('is told in a line each: %s', (_what, [text, lines]) => {
        const said = complaints(format, text)
        expect(said).toHaveLength(lines.length)
        for (const [index, line] of lines.entries())
          expect(said[index]).toContain(`Cannot use the-file${line}`)
      })

      it.each(Object.entries(cases))('never shows a private key: %s', (_what, [text]) => {
        const said = complaints(format, text).join('\n')
        for (const { privateKey } of PAIRS) expect(said).not.toContain(privateKey.slice(0, 12))
      })
    })
  }

  it('does not show a key that lost its place', () => {
    const canary = C.privateKey
    const broken: [Format, string][] = [
      ['toml', `[interface]\nprivate-key = ${canary}\n`],
      ['toml', `[interface]\nprivate-key = "\n${canary}"\n`],
      ['toml', `[interface]\n"${canary}" = 1\n`],
      ['toml', `${canary} = 1\n`],
      ['toml', `[interface]\nprivate-key = ["${canary}"]\npre-key = "${canary}"`],
      ['wg-quick', `[Interface]\nPrivateKey\n= ${canary}\n`],
      ['wg-quick', `[Interface]\nPrivateKey =\n${canary}\n`],
      ['wg-quick', `[Interface]\nPublicKey = ${canary}\n[${canary}]\n`],
    ]
    for (const [format, text] of broken) {
      const said = complaints(format, text)
      expect(said.length).toBeGreaterThan(0)
      expect(said.join('\n')).not.toContain(canary.slice(0, 12))
    }
  })

  it('is not that an address is missing which the server hands out', () => {
    const own = `[interface]\nprivate-key = "${OWN.privateKey}"\n`
    const text = `${own}${peer('allowed-ips = ["10.0.0.0/24"]\naccept = ["addresses"]\nendpoints = ["udp://a:1"]')}`
    expect(complaints('toml', text)).toEqual([])
    expect(remarks('toml', text)).toEqual([])
    expect(remarks('toml', text.replace('"addresses"', '"routes"'))).toEqual([
      { line: 1, text: "'address' in [interface] is missing, so the device has none" },
    ])
  })

  it.each<[Format, string, string]>([
    ['toml', `[interface]\nprivate-key = "${OWN.privateKey}"\n`, '[[peer]]'],
    ['wg-quick', `[Interface]\nPrivateKey = ${OWN.privateKey}\n`, '[Peer]'],
  ])(
    'is not that a WireGuard has no peer, no address and no port in the format %s: it is remarked',
    (format, text, peers) => {
      expect(remarks(format, text).map((remark) => remark.text)).toEqual([
        expect.stringContaining('is missing, so the device has none'),
        `${peers} is missing, so nothing is carried`,
      ])
    },
  )

  it('is not that nothing can be accepted from a peer that owns nothing: it is remarked', () => {
    const text = `${INTERFACE}${peer('allowed-ips = []\naccept = ["routes"]')}`
    expect(remarks('toml', text)).toEqual([
      { line: 8, text: "'accept' in [[peer]] 1 has no effect, since the peer's 'allowed-ips' are none" },
    ])
  })

  it('is not that one range lies within another: it is remarked', () => {
    const text = `${INTERFACE}${peer('allowed-ips = ["0.0.0.0/0", "10.0.0.0/16"]')}${peer('allowed-ips = ["10.0.0.2/32"]', B.publicKey)}`
    expect(remarks('toml', text)).toEqual([
      {
        line: 10,
        text: "'allowed-ips' in [[peer]] 2 holds 10.0.0.2/32, which lies within 10.0.0.0/16 of peer 1; the longer one wins",
      },
    ])
  })
})

function remarks(format: Format, text: string) {
  return modelOf('file', parseText(format, 'file', text), publicKeyOf, BUILT_IN_TRAITS).remarks
}

function complaints(format: Format, text: string): string[] {
  try {
    modelOf('the-file', parseText(format, 'the-file', text), publicKeyOf, BUILT_IN_TRAITS)
    return []
  } catch (thrown) {
    return asError(thrown).message.split('\n')
  }
}
