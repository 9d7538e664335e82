import { execFileSync } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import type { FirewallSettings } from '../../../src/host/filter/filter-settings.js'
import { Firewall } from '../../../src/host/firewall.js'
import { Journal } from '../../../src/host/record/journal.js'
import { undoAll } from '../../../src/host/undo.js'
import { lookFirstIn } from '../../../src/native/process/programs.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'
import { PARTS } from '../parts.js'

const ALL: FirewallSettings = {
  device: 'q-0.a',
  addresses: ['10.0.0.2', 'fd00::2'],
  mark: 51_820,
  fullTunnel: { ipv4: true, ipv6: true },
  killSwitch: true,
  nat: true,
  excluded: ['192.0.2.0/24', '2001:db8::/32'].map((text) => parseIpPrefix(text)!),
  lan: { interfaces: ['lan'], ranges: [parseIpPrefix('10.1.0.0/16')!] },
  isLed: false,
}
const PROGRAMS = ['save', 'restore'].flatMap((verb) => [`iptables-${verb}`, `ip6tables-${verb}`])

describe.each(['legacy', 'nft'])('rules of iptables-%s', (variant) => {
  const missing = namespacesMissing(`iptables-${variant}`, `ip6tables-${variant}`)
  describe.skipIf(missing)(`in a kernel without nftables${missing ? `, skipped: ${missing}` : ''}`, () => {
    let forget: () => void
    let folder: string
    beforeEach(() => {
      folder = temporaryFolder()
      for (const name of PROGRAMS) {
        symlinkSync(`/usr/sbin/${name.replace('tables-', `tables-${variant}-`)}`, join(folder, name))
      }
      const nft = join(folder, 'nft')
      writeFileSync(nft, '#!/bin/sh\necho cache initialization failed: Protocol not supported >&2; exit 1\n')
      chmodSync(nft, 0o755)
      forget = lookFirstIn(folder)
    })
    afterEach(() => forget())

    /** The rules of both families that are not empty, as commands. */
    const rules = () =>
      ['iptables-save', 'ip6tables-save'].map((program) => {
        const saved = execFileSync(join(folder, program), { encoding: 'utf8' }).split('\n')
        return saved.filter((line) => /^(\*|:q|-A)/.test(line)).join('\n')
      })
    const run = (program: string, command: string) =>
      execFileSync(`/usr/sbin/${program}-${variant}`, command.split(' '))

    it("are there once, lead off before all others, and are gone, with the user's left", async () => {
      await inNewNetwork(async () => {
        run('iptables', '-A OUTPUT -d 203.0.113.1 -j ACCEPT')
        const journal = new Journal(join(folder, 'journal'))
        await Firewall.add(ALL, journal)
        await Firewall.add(ALL, new Journal(join(folder, 'again')))
        expect(journal.changes).toEqual([{ kind: 'firewall', table: 'qanat-q-0.a', by: 'iptables' }])
        const [ipv4, ipv6] = rules() as [string, string]
        expect(linesOf(ipv4, 'OUTPUT')).toEqual(['-j qanat-q-0.a-o', '-d 203.0.113.1/32 -j ACCEPT'])
        expect(linesOf(ipv4, 'qanat-q-0.a-o')).toEqual([
          '-o lo -j RETURN',
          '-o q-0.a -j RETURN',
          '-m mark --mark 0xca6c -j RETURN',
          '-d 192.0.2.0/24 -j RETURN',
          '-d 10.1.0.0/16 -o lan -j RETURN',
          '-p udp -m udp --sport 68 --dport 67 -j RETURN',
          '-j DROP',
        ])
        expect(linesOf(ipv6, 'qanat-q-0.a-o').at(-2)).toBe('-p udp -m udp --sport 546 --dport 547 -j RETURN')
        expect(linesOf(ipv4, 'qanat-q-0.a-f')).toEqual([
          '-i q-0.a -j RETURN',
          '-o q-0.a -j RETURN',
          '-d 192.0.2.0/24 -j RETURN',
          '-s 192.0.2.0/24 -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
          '-s 10.1.0.0/16 -d 10.1.0.0/16 -o lan -j RETURN',
          '-j DROP',
        ])
        expect(linesOf(ipv6, 'qanat-q-0.a-i')).toEqual([
          '-d fd00::2/128 ! -i q-0.a -m addrtype ! --src-type LOCAL -j DROP',
        ])
        // A mark of the carrier may have that bit, too: the host's own packets keep their address.
        expect(linesOf(ipv4, 'qanat-q-0.a-n')).toEqual([
          '-m mark --mark 0x2000/0x2000 -m addrtype ! --src-type LOCAL -j MASQUERADE',
        ])
        expect(await undoAll(journal.changes, PARTS)).toEqual([])
        const left = rules().join('\n')
        expect(left).not.toContain('qanat')
        expect(linesOf(left, 'OUTPUT')).toEqual(['-d 203.0.113.1/32 -j ACCEPT'])
        expect(await undoAll(journal.changes, PARTS)).toEqual([]) // and again
      })
    })

    it('come back whole after a flush, or if a rule came before them, and are left alone otherwise', async () => {
      await inNewNetwork(async () => {
        const firewall = (await Firewall.add(ALL, new Journal(join(folder, 'journal'))))!
        const another = { ...ALL, device: 'q1' }
        await Firewall.add(another, new Journal(join(folder, 'another'))) // whose rules come first now
        const before = rules()
        expect(await firewall.restore()).toEqual([])
        for (const [program, damage] of [
          ['iptables', '-F OUTPUT'],
          ['ip6tables', '-t filter -F'],
          ['iptables', '-t mangle -D qanat-q-0.a-a 1'],
          ['iptables', '-I FORWARD -j ACCEPT'],
        ] as const) {
          run(program, damage)
          expect(await firewall.restore()).toEqual(['chains qanat-q-0.a of iptables'])
          expect(await firewall.restore()).toEqual([])
        }
        expect(linesOf(rules()[0]!, 'FORWARD').filter((line) => /-f$|ACCEPT/.test(line))).toEqual([
          '-j qanat-q-0.a-f',
          '-j ACCEPT',
          '-j qanat-q1-f',
        ])
        expect(before.join()).toContain('qanat-q1-f')
      })
    })

    it('come back if they went before the first look, change at once, and those that are no longer wanted go', async () => {
      await inNewNetwork(async () => {
        const firewall = (await Firewall.add(ALL, new Journal(join(folder, 'journal'))))!
        run('iptables', '-F OUTPUT')
        expect(await firewall.restore()).toEqual(['chains qanat-q-0.a of iptables']) // though it never looked before
        await firewall.change({ ...ALL, nat: false, excluded: [] })
        expect(rules().join()).not.toMatch(/qanat-q-0\.a-[nm]|192\.0\.2\.0/)
        expect(await firewall.restore()).toEqual([])
      })
    })
  })
})

/** The rules of a chain, without its name. */
function linesOf(saved: string, chain: string): string[] {
  const begin = `-A ${chain} `
  return saved
    .split('\n')
    .filter((line) => line.startsWith(begin))
    .map((line) => line.slice(begin.length))
}
