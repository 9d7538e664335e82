import { expect, it } from 'vitest'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import type { FirewallSettings } from '../../../src/host/filter/filter-settings.js'
import { iptablesChains } from '../../../src/host/filter/iptables-rules.js'

const SETTINGS: FirewallSettings = {
  device: 'q0',
  addresses: ['10.0.0.2', 'fd00::2'],
  mark: 51_820,
  fullTunnel: { ipv4: true, ipv6: true },
  killSwitch: true,
  nat: true,
  excluded: [],
  lan: {
    interfaces: ['eth0', 'eth1'],
    ranges: ['10.1.0.0/16', '10.2.0.0/16'].map((text) => parseIpPrefix(text)!),
  },
  isLed: false,
  inboundMark: 7,
}
const rulesOf = (name: string, settings = SETTINGS) =>
  iptablesChains(settings, 'ip').find((chain) => chain.name === `qanat-q0-${name}`)?.rules

it('has a rule of each pair of what nftables has in one, and none where there is nothing to choose from', () => {
  expect(rulesOf('f')?.filter((rule) => rule.includes('-s '))).toEqual(
    ['eth0', 'eth1'].flatMap((name) =>
      ['1', '2'].flatMap((from) =>
        ['1', '2'].map((to) => `-o ${name} -s 10.${from}.0.0/16 -d 10.${to}.0.0/16 -j RETURN`),
      ),
    ),
  )
  const lan = { ...SETTINGS.lan, interfaces: [] }
  expect(rulesOf('f', { ...SETTINGS, lan })?.join()).not.toContain('-s ')
})

it('knows what others begin by their addresses, and what came by the tunnel by a mark', () => {
  expect(rulesOf('a')).toEqual([
    '-m connmark --mark 51820 -j CONNMARK --restore-mark',
    '! -i q0 -m addrtype ! --src-type LOCAL --dst-type LOCAL -m conntrack --ctstate NEW -m connmark --mark 0 -j CONNMARK --set-xmark 7',
    '-m connmark --mark 7 -j MARK --set-xmark 51820',
  ])
  expect([rulesOf('m'), rulesOf('n')]).toEqual([
    ['-i q0 ! -o q0 -j MARK --set-xmark 0x2000/0x2000'],
    ['-m mark --mark 0x2000/0x2000 -m addrtype ! --src-type LOCAL -j MASQUERADE'],
  ])
})

it('drops first of all, since one table changes after another', () => {
  const tables = iptablesChains(SETTINGS, 'ip').map(({ table }) => table)
  expect([...new Set(tables)]).toEqual(['filter', 'raw', 'mangle', 'nat'])
})

it('knows programs that pass the tunnel by their group or their user, but not what calls them', () => {
  const inGroup = { ...SETTINGS, children: { cgroup: 'a/qanat-0123abcd', mount: '' }, childNames: 5353 }
  expect(rulesOf('d', inGroup)?.[0]).toBe(
    '! -o lo -m cgroup --path /a/qanat-0123abcd -j MARK --set-xmark 51820',
  )
  expect(rulesOf('q', inGroup)).toEqual([
    '-p udp --dport 53 -m cgroup --path /a/qanat-0123abcd -j REDIRECT --to-ports 5353',
  ])
  expect(rulesOf('s', inGroup)).toEqual(['! -o lo -s 10.0.0.2 -m mark --mark 51820 -j MASQUERADE'])
  const ofUser = { ...SETTINGS, children: { user: 61_200 } }
  expect(rulesOf('d', ofUser)?.[0]).toBe('! -o lo -m owner --uid-owner 61200 -j MARK --set-xmark 51820')
  expect([rulesOf('q', ofUser), rulesOf('s', ofUser)]).toEqual([undefined, undefined])
})
