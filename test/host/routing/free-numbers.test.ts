import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { freeMark, freeTable, marksIn } from '../../../src/host/routing/free-numbers.js'
import { RouteNetlink } from '../../../src/native/netlink/route-netlink.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('nft', 'ip')

describe('bits of marks in rules of packet filters', () => {
  it.each([
    ['-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000', [0x8000, 0x8000]],
    ['meta mark & 0x00ff0000 == 0x00080000 accept', [0xff0000, 0x80000]],
    ['meta mark set meta mark & 0xff00ffff | 0x00040000', [0xff0000, 0x40000]],
    ['ct mark 0x00000001 accept', [1]],
    ['meta mark 0xffffffff drop', [0]],
    ['tcp dport 0x50 accept', []],
  ])('%s', (line, bits) => {
    expect(marksIn(`table inet t {\n  ${line}\n}`)).toEqual(bits)
  })
})

describe.skipIf(missing)(`free numbers${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('of tables are those that no route, no rule and no other tunnel uses', async () => {
    await inNetwork(async (network) => {
      expect(freeTable(network, [])).toBe(51_820)
      execFileSync('ip', ['route', 'add', 'blackhole', '192.0.2.0/24', 'table', '51820'])
      execFileSync('ip', ['-6', 'rule', 'add', 'fwmark', '99', 'table', '51821'])
      expect(freeTable(network, [])).toBe(51_822)
      expect(freeTable(network, [{ kind: 'table', family: 4, table: 51_822 }])).toBe(51_823)
    })
  })

  it("of marks share no bit with kube-proxy's, Tailscale's and what rules and filters give a meaning", async () => {
    await inNetwork(async (network) => {
      const first = await freeMark(network, [])
      expect(first & (0xc000 | 0xff0000)).toBe(0)
      expect(await freeMark(network, [{ kind: 'mark', mark: first }])).not.toBe(first)
      execFileSync('nft', [
        'table ip t { chain c { type filter hook input priority 0; meta mark and 0x2000 == 0x2000 accept; }; }',
      ])
      execFileSync('ip', ['rule', 'add', 'fwmark', '0x100/0x100', 'table', '99'])
      const other = await freeMark(network, [])
      expect(other).not.toBe(0)
      expect(other & 0x2100).toBe(0)
    })
  })
})

async function inNetwork(work: (network: RouteNetlink) => Promise<void>): Promise<void> {
  await inNewNetwork(async () => {
    const network = new RouteNetlink()
    try {
      await work(network)
    } finally {
      network.close()
    }
  })
}
