import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import {
  copyOf,
  defaultRoute,
  identityOf,
  removalOf,
  unreachableRoute,
} from '../../../src/native/netlink/route.js'
import { RouteNetlink } from '../../../src/native/netlink/route-netlink.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip')
const [TABLE, PROTOCOL] = [51_820, 113]

describe.skipIf(missing)(`routes by netlink${missing ? `, skipped: ${missing}` : ''}`, () => {
  it('are added and removed as `ip` shows them', async () => {
    await inHost((network) => {
      const { index } = network.links().find(({ name }) => name === 'wire')!
      network.addRoute(unreachableRoute(4, TABLE, PROTOCOL))
      network.addRoute(defaultRoute(4, TABLE, PROTOCOL, index))
      network.addRoute(unreachableRoute(6, TABLE, PROTOCOL))
      expect(lines('ip', 'route', 'show', 'table', `${TABLE}`)).toEqual([
        'default dev wire proto 113 scope link',
        'unreachable default proto 113 metric 4294967295',
      ])
      expect(lines('ip', '-6', 'route', 'show', 'table', `${TABLE}`)).toEqual([
        'unreachable default dev lo proto 113 metric 4294967295 pref medium',
      ])
      const ours = network.routes().filter(({ table }) => table === TABLE)
      expect(ours.map((route) => network.removeRoute(removalOf(route)))).toEqual([true, true, true])
      expect(network.removeRoute(ours[0]!.body)).toBe(false)
      expect(network.routes().filter(({ table }) => table === TABLE)).toEqual([])
    })
  })

  it('come with the MTU of an interface', async () => {
    await inHost((network) => {
      execFileSync('ip', ['link', 'set', 'wire', 'mtu', '1380'])
      const { index } = network.links().find(({ name }) => name === 'wire')!
      expect(network.mtuOf(index)).toBe(1380)
      expect(() => network.mtuOf(9_999)).toThrow('ENODEV')
    })
  })

  it('that are there already are refused by name', async () => {
    await inHost((network) => {
      network.addRoute(unreachableRoute(4, TABLE, PROTOCOL))
      expect(() => network.addRoute(unreachableRoute(4, TABLE, PROTOCOL))).toThrow(
        'Cannot add a route: the kernel says EEXIST',
      )
    })
  })

  it('are copied to another table with all that belongs to them', async () => {
    await inHost((network) => {
      execFileSync('ip', 'nexthop add id 7 via 10.1.2.7 dev wire'.split(' '))
      for (const route of [
        'add 172.19.0.0/16 nhid 7',
        'add 172.20.0.0/16 via 10.1.2.9 metric 7 src 10.1.2.3 mtu 1300',
        'add 172.21.0.0/16 nexthop via 10.1.2.9 weight 3 nexthop via 10.1.2.8',
        'add blackhole 172.22.0.0/16',
        'add 2001:db8::/40 via fd01::9',
        'add unreachable 2001:db8:100::/40',
      ]) {
        execFileSync('ip', ['route', ...route.split(' ')])
      }
      const main = network.routes().filter(({ table, destination }) => table === 254 && destination.bits > 0)
      for (const route of main) network.copyRoute(copyOf(route, TABLE, PROTOCOL))
      const copies = network.routes().filter(({ table }) => table === TABLE)
      expect(copies.map(identityOf).sort()).toEqual(main.map(identityOf).sort())
      expect(lines('ip', 'route', 'show', 'table', `${TABLE}`).join('\n')).toMatchInlineSnapshot(`
        "10.1.2.0/24 dev wire proto 113 scope link src 10.1.2.3
        172.19.0.0/16 nhid 7 via 10.1.2.7 dev wire proto 113
        172.20.0.0/16 via 10.1.2.9 dev wire proto 113 src 10.1.2.3 metric 7 onlink mtu 1300
        172.21.0.0/16 proto 113
        	nexthop via 10.1.2.9 dev wire weight 3 onlink
        	nexthop via 10.1.2.8 dev wire weight 1 onlink
        blackhole 172.22.0.0/16 proto 113"
      `)
      network.copyRoute(copyOf(main[0]!, TABLE, PROTOCOL))
      expect(network.routes().filter(({ table }) => table === TABLE)).toHaveLength(copies.length)
      for (const copy of copies) expect(network.removeRoute(removalOf(copy))).toBe(true)
      expect(network.routes().filter(({ table }) => table === TABLE)).toEqual([])
    })
  })

  it('are told apart from addresses and rules, which are listed with what they say', async () => {
    await inHost((network) => {
      const rule = { family: 6, priority: 5_000, mark: 0x1234, table: TABLE } as const
      network.addRule(rule, PROTOCOL)
      expect(network.rules(6)).toContainEqual({
        ...{ priority: 5_000, table: TABLE, mark: 0x1234, mask: 0xffffffff, protocol: PROTOCOL },
        ...{ inverted: true, forAll: true },
      })
      expect(lines('ip', '-6', 'rule')).toContain('5000:	not from all fwmark 0x1234 lookup 51820 proto 113')
      expect(() => network.addRule(rule, PROTOCOL)).toThrow('EEXIST')
      expect(network.removeRule(rule, PROTOCOL)).toBe(true)
      expect(network.removeRule(rule, PROTOCOL)).toBe(false)
      const address = network.addresses().find(({ local }) => local.join('.') === '10.1.2.3')!
      expect(address.network.bits).toBe(24)
      execFileSync('ip', ['address', 'flush', 'dev', 'wire'])
      network.addAgain(address)
      expect(lines('ip', '-brief', 'address', 'show', 'dev', 'wire').join()).toContain('10.1.2.3/24')
    })
  })
})

/** A host with an interface that has addresses of both families. */
async function inHost(work: (network: RouteNetlink) => void): Promise<void> {
  await inNewNetwork(async () => {
    execFileSync('ip', ['-batch', '-'], {
      input: [
        'link add wire type veth peer name far',
        'link set wire up',
        'link set far up',
        'address add 10.1.2.3/24 dev wire',
        'address add fd01::3/64 dev wire nodad',
      ].join('\n'),
    })
    const network = new RouteNetlink()
    try {
      work(network)
    } finally {
      network.close()
    }
  })
}

function lines(program: string, ...args: readonly string[]): string[] {
  const text = execFileSync(program, args, { encoding: 'utf8' })
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
}
