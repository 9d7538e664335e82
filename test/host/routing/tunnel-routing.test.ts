import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../lab/temporary-folder.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { Journal } from '../../../src/host/record/journal.js'
import { TunnelRouting } from '../../../src/host/routing/tunnel-routing.js'
import { undoAll } from '../../../src/host/undo.js'
import { RouteNetlink } from '../../../src/native/netlink/route-netlink.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'
import { PARTS } from '../parts.js'

const missing = namespacesMissing()

describe.skipIf(missing)(
  `in a kernel${missing ? `, skipped: ${missing}` : ''}, the table of a full tunnel`,
  () => {
    it('leads around what carries the tunnel beside what the host has within, and leaves all else alone', async () => {
      await inNewNetwork(async () => {
        const before = tables()
        const journal = new Journal(join(temporaryFolder(), 'journal'))
        const network = new RouteNetlink()
        const routing = new TunnelRouting({
          ...{ fullTunnel: { ipv4: false, ipv6: false }, underlayRoutes: true, mark: 7, journal, network },
        })
        const lead = (...texts: readonly string[]) =>
          routing.lead('q0', { around: prefixes(...texts), excluded: [] })
        const way = (address: string) => execFileSync('ip', ['route', 'get', address], { encoding: 'utf8' })
        for (const words of ['link add q0 type veth peer name p0', 'link set q0 up', 'link set p0 up'])
          execFileSync('ip', words.split(' '))
        lead()
        expect(routing.table).toBeUndefined()
        execFileSync('ip', ['route', 'add', '192.0.2.64/26', 'dev', 'lo'])
        lead('192.0.2.0/24')
        expect(way('192.0.2.1')).toContain('dev q0')
        expect(way('192.0.2.65')).toContain('dev lo')
        expect(() => way('198.51.100.1')).toThrow() // the host has no way, as before
        execFileSync('ip', ['route', 'add', '192.0.2.1/32', 'dev', 'lo'])
        expect(routing.restore()).toEqual([])
        expect(way('192.0.2.1')).toContain('dev lo')
        lead('198.51.100.0/24')
        expect(way('198.51.100.1')).toContain('dev q0')
        expect(() => way('192.0.2.2')).toThrow()
        network.close()
        execFileSync('ip', ['link', 'delete', 'q0'])
        expect(await undoAll(journal.changes, PARTS)).toEqual([])
        for (const range of ['192.0.2.64/26', '192.0.2.1/32'])
          execFileSync('ip', ['route', 'delete', range, 'dev', 'lo'])
        expect(tables()).toBe(before)
      })
    })

    it('leaves what is excluded to the tables behind it, also of a family that leads nowhere, and is undone', async () => {
      await inNewNetwork(async () => {
        const before = tables()
        const journal = new Journal(join(temporaryFolder(), 'journal'))
        const network = new RouteNetlink()
        const routing = new TunnelRouting({
          ...{ fullTunnel: { ipv4: true, ipv6: false }, underlayRoutes: true, mark: 7, journal, network },
        })
        const exclude = (...texts: readonly string[]) =>
          routing.lead('lo', { around: [], excluded: prefixes(...texts) })
        exclude('192.0.2.0/24', '2001:db8::/32')
        expect(throws()).toEqual(['192.0.2.0/24', '2001:db8::/32'])
        expect(routing.restore()).toEqual([])
        execFileSync('ip', ['route', 'delete', 'throw', '192.0.2.0/24', 'table', String(routing.table)])
        expect(routing.restore()).toEqual([`1 excluded ranges of table ${routing.table}`])
        exclude('198.51.100.0/24', '2001:db8::/32')
        expect(throws()).toEqual(['198.51.100.0/24', '2001:db8::/32'])
        exclude()
        expect(throws()).toEqual([])
        network.close()
        expect(await undoAll(journal.changes, PARTS)).toEqual([])
        expect(tables()).toBe(before)
      })
    })
  },
)

function prefixes(...texts: readonly string[]) {
  return texts.map((text) => parseIpPrefix(text)!)
}

function tables(): string {
  const looks = ['-4 rule', '-6 rule', '-4 route show table all', '-6 route show table all']
  return looks.map((words) => execFileSync('ip', words.split(' '), { encoding: 'utf8' })).join('')
}

/** Where the kernel looks on in other tables. */
function throws(): string[] {
  return [...tables().matchAll(/^throw (\S+)/gm)].map(([, range]) => range!)
}
