import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { parseIpPrefix } from '../../src/core/ip/ip-prefix.js'
import type { FirewallSettings } from '../../src/host/filter/filter-settings.js'
import { nftScript } from '../../src/host/filter/nft-script.js'
import { Firewall } from '../../src/host/firewall.js'
import { Journal } from '../../src/host/record/journal.js'
import { undoAll } from '../../src/host/undo.js'
import { inNewNetwork, namespacesMissing } from '../support/network-namespace.js'
import { PARTS } from './parts.js'

const NOTHING: FirewallSettings = {
  device: 'q-0.a',
  addresses: ['10.0.0.2', 'fd00::2'],
  mark: 51_820,
  fullTunnel: { ipv4: false, ipv6: false },
  killSwitch: false,
  nat: false,
  excluded: [],
  lan: { interfaces: [], ranges: [] },
  isLed: false,
}
const CASES: [string, Partial<FirewallSettings>, string[]][] = [
  ['a full tunnel', { fullTunnel: { ipv4: true, ipv6: false } }, ['inner', 'answers', 'carrier']],
  ['a kill switch', { killSwitch: true }, ['output', 'forward']],
  ['routes around what carries the tunnel', { isLed: true }, ['answers', 'carrier']],
  ['answers', { inboundMark: 7 }, ['answers', 'carrier', 'inbound']],
  ['NAT', { nat: true }, ['nat']],
  ['programs of a user', { children: { user: 61_200 }, childNames: 5353 }, ['beside', 'names']],
  [
    'all at once',
    { fullTunnel: { ipv4: true, ipv6: true }, killSwitch: true, nat: true },
    ['inner', 'answers', 'carrier', 'output', 'forward', 'nat'],
  ],
]
const missing = namespacesMissing('nft')

/** The lines of a chain. */
function chainOf(rules: string, name: string): string[] {
  return new RegExp(`chain ${name} \\{(.*?)\\n \\}`, 's').exec(rules)![1]!.trim().split(/\n\s+/)
}

describe('the packet filter of a tunnel', () => {
  it('lets programs in a group past the tunnel, and no others, by an address of this host', () => {
    const children = { cgroup: 'a/qanat-0123abcd', mount: 'unified' }
    const rules = nftScript({ ...NOTHING, children, childNames: 5353 })!
    const own = 'socket cgroupv2 level 2 "unified/a/qanat-0123abcd"'
    expect(chainOf(rules, 'called').slice(1)).toEqual([
      `${own} iifname != { "lo", "q-0.a" } ct state new ct mark set 51820`,
      `${own} iifname != { "lo", "q-0.a" } meta mark set 51820`,
    ])
    expect(chainOf(rules, 'beside').slice(1)).toEqual([
      `${own} oifname != "lo" meta mark set 51820`,
      'oifname != "lo" ct mark 51820 meta mark set 51820',
    ])
    expect(chainOf(rules, 'names').slice(1)).toEqual([`${own} udp dport 53 redirect to :5353`])
    expect(chainOf(rules, 'address').slice(1)).toEqual([
      'oifname != "lo" ip saddr 10.0.0.2 meta mark 51820 masquerade',
      'oifname != "lo" ip6 saddr fd00::2 meta mark 51820 masquerade',
    ])
  })

  it('marks no program if nothing else is marked', () => {
    expect(nftScript({ ...NOTHING, mark: 0, children: { user: 61_200 } })).toBeUndefined()
  })

  it('is none where nothing needs it', () => {
    expect(nftScript(NOTHING)).toBeUndefined()
  })

  it('lets out what bears the mark, goes into the tunnel or to the host itself, and the upkeep of its network', () => {
    const rules = nftScript({ ...NOTHING, killSwitch: true })!
    expect(chainOf(rules, 'output')).toEqual([
      'type filter hook output priority 0; policy drop',
      'oifname { "lo", "q-0.a" } accept',
      'meta mark 51820 accept',
      'icmpv6 type { nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert } accept',
      'udp sport 68 udp dport 67 accept',
      'udp sport 546 udp dport 547 accept',
    ])
  })

  it('passes nothing on but into the tunnel and out of it, with a kill switch', () => {
    expect(chainOf(nftScript({ ...NOTHING, killSwitch: true })!, 'forward')).toEqual([
      'type filter hook forward priority 0; policy drop',
      'iifname "q-0.a" accept',
      'oifname "q-0.a" accept',
    ])
  })

  it('lets out what is excluded from the tunnel, and passes it on and answers back, with a kill switch', () => {
    const excluded = ['192.0.2.0/24', '198.51.100.7/32', 'fd00::/8'].map((text) => parseIpPrefix(text)!)
    const rules = nftScript({ ...NOTHING, killSwitch: true, excluded })!
    const [ipv4, ipv6] = ['{ 192.0.2.0/24, 198.51.100.7/32 }', 'fd00::/8']
    expect(chainOf(rules, 'output').filter((rule) => rule.includes('daddr'))).toEqual([
      `ip daddr ${ipv4} accept`,
      `ip6 daddr ${ipv6} accept`,
    ])
    expect(chainOf(rules, 'forward').slice(3)).toEqual([
      `ip daddr ${ipv4} accept`,
      `ip saddr ${ipv4} ct state { established, related } accept`,
      `ip6 daddr ${ipv6} accept`,
      `ip6 saddr ${ipv6} ct state { established, related } accept`,
    ])
    expect(nftScript({ ...NOTHING, excluded })).toBeUndefined()
  })

  it('lets local networks pass by their interfaces, and from one to another, with a kill switch', () => {
    const ranges = ['192.168.1.0/24', 'fd00:1::/64'].map((text) => parseIpPrefix(text)!)
    const lan = { interfaces: ['eth0', 'wlan0'], ranges }
    const rules = nftScript({ ...NOTHING, killSwitch: true, lan })!
    const interfaces = 'oifname { "eth0", "wlan0" }'
    expect(chainOf(rules, 'output').slice(3, 5)).toEqual([
      `${interfaces} ip daddr 192.168.1.0/24 accept`,
      `${interfaces} ip6 daddr fd00:1::/64 accept`,
    ])
    expect(chainOf(rules, 'forward').slice(3)).toEqual([
      `${interfaces} ip saddr 192.168.1.0/24 ip daddr 192.168.1.0/24 accept`,
      `${interfaces} ip6 saddr fd00:1::/64 ip6 daddr fd00:1::/64 accept`,
    ])
    expect(nftScript({ ...NOTHING, lan })).toBeUndefined()
  })

  it('marks what others begin with the host itself, and lets its answers take the carrier’s way', () => {
    const rules = nftScript({ ...NOTHING, killSwitch: true, inboundMark: 7 })!
    expect(chainOf(rules, 'answers').slice(2)).toEqual([
      'iifname != { "lo", "q-0.a" } ct state new ct mark 0 fib daddr type local ct mark set 7',
      'ct mark 7 meta mark set 51820',
    ])
    expect(chainOf(rules, 'carrier').at(-1)).toBe(
      'meta l4proto { tcp, udp } meta mark 51820 ct mark != 7 ct mark set meta mark',
    )
    expect(chainOf(rules, 'inbound')).toEqual([
      'type route hook output priority -150',
      'ct mark 7 meta mark set 51820',
    ])
    expect(chainOf(rules, 'forward').at(-1)).toBe('ct mark 7 accept')
  })

  it('lets nobody reach the inner addresses from another network, with a full tunnel', () => {
    const rules = nftScript({ ...NOTHING, fullTunnel: { ipv4: true, ipv6: true } })!
    expect(chainOf(rules, 'inner')).toEqual([
      'type filter hook prerouting priority -300',
      'iifname != "q-0.a" ip daddr 10.0.0.2 fib saddr type != local drop',
      'iifname != "q-0.a" ip6 daddr fd00::2 fib saddr type != local drop',
    ])
    expect(chainOf(rules, 'answers')).toContain('ct mark 51820 meta mark set ct mark')
    expect(chainOf(rules, 'carrier')).toContain(
      'meta l4proto { tcp, udp } meta mark 51820 ct mark set meta mark',
    )
  })
})

describe.skipIf(missing)(`in a kernel${missing ? `, skipped: ${missing}` : ''}, the packet filter`, () => {
  it.each(CASES)(
    'of %s is there, there once if it was there before, and gone',
    async (_what, some, chains) => {
      const folder = temporaryFolder()
      await inNewNetwork(async () => {
        for (let time = 0; time < 2; time++) {
          const journal = new Journal(join(folder, String(time)))
          await Firewall.add({ ...NOTHING, ...some }, journal)
          expect([...ruleset().matchAll(/chain (\w+)/g)].map(([, name]) => name)).toEqual(chains)
          if (time === 0) continue
          expect(await undoAll(journal.changes, PARTS)).toEqual([])
          expect(ruleset()).toBe('')
          expect(await undoAll(journal.changes, PARTS)).toEqual([]) // and again
        }
      })
    },
  )

  it('comes back whole if any of it is missing, is left alone if none is, and changes at once', async () => {
    await inNewNetwork(async () => {
      const journal = new Journal(join(temporaryFolder(), 'journal'))
      const settings = { ...NOTHING, killSwitch: true, fullTunnel: { ipv4: true, ipv6: true } }
      const firewall = await Firewall.add(settings, journal)
      const before = ruleset()
      expect(await firewall!.restore()).toEqual([])
      const excluded = [parseIpPrefix('192.0.2.0/24')!]
      await Promise.all([firewall!.restore(), firewall!.change({ ...settings, excluded })])
      expect(ruleset()).toContain('192.0.2.0/24')
      expect(await firewall!.restore()).toEqual([])
      await firewall!.change(settings)
      expect(ruleset()).toBe(before)
      for (const damage of [
        'flush ruleset',
        'flush table inet qanat-q-0.a',
        'delete chain inet qanat-q-0.a output',
      ]) {
        execFileSync('nft', [damage])
        expect(await firewall!.restore()).toEqual(['table inet qanat-q-0.a'])
        expect(ruleset()).toBe(before)
      }
    })
  })
})

function ruleset(): string {
  return execFileSync('nft', ['list', 'ruleset'], { encoding: 'utf8' })
}
