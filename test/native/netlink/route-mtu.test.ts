import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { parseIpAddress } from '../../../src/core/ip/ip-address.js'
import { RouteNetlink } from '../../../src/native/netlink/route-netlink.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { inNewNetwork } from '../../support/network-namespace.js'

describeWhere(['root', 'koffi', 'program ip'], 'how large packets a route carries', () => {
  it('is what it says itself, or else its interface, by mark, source and interface too', async () => {
    await inNewNetwork(async () => {
      execFileSync('ip', ['-batch', '-'], {
        input: [
          'link add narrow mtu 1400 type veth peer name far1',
          'link add wide type veth peer name far2',
          'link set narrow up',
          'link set far1 up',
          'link set wide up',
          'link set far2 up',
          'address add 10.1.2.3/24 dev narrow',
          'address add 10.1.3.3/24 dev wide',
          'address add fd01::3/64 dev narrow nodad',
          'address add fd02::3/64 dev wide nodad',
          'route add default via 10.1.3.9',
          'route add default via fd02::9',
          'route add 172.20.0.0/16 via 10.1.3.9 mtu 1300',
          'route add 172.21.0.0/16 nexthop via 10.1.3.9 nexthop via 10.1.2.9',
          'route add 2001:db8:1::/48 via fd02::9 mtu 1350',
          'route add 2001:db8:2::/48 nexthop via fd01::9 nexthop via fd02::9',
          'route add unreachable 172.22.0.0/16',
          'route add default via 10.1.2.9 table 7',
          'route add default via fd01::9 table 7',
          'rule add fwmark 5 table 7',
          'rule add from 10.1.2.3 table 7',
        ].join('\n'),
      })
      execFileSync('ip', ['-6', 'rule', 'add', 'fwmark', '5', 'table', '7'])
      const network = new RouteNetlink()
      const { index } = network.links().find(({ name }) => name === 'narrow')!
      const mtu = (to: string, { from = '', mark = 0, link = 0 } = {}) =>
        network.routeMtu({ destination: parseIpAddress(to)!, source: parseIpAddress(from), mark, link })
      try {
        expect(mtu('192.0.2.1')).toBe(1500)
        expect(mtu('10.1.2.9')).toBe(1400)
        expect(mtu('172.20.0.1')).toBe(1300)
        expect(mtu('172.21.0.1')).toBe(1400)
        expect(mtu('192.0.2.1', { mark: 5 })).toBe(1400)
        expect(mtu('192.0.2.1', { from: '10.1.2.3' })).toBe(1400)
        expect(mtu('2001:db8::1')).toBe(1500)
        expect(mtu('fd01::9')).toBe(1400)
        expect(mtu('2001:db8:1::1')).toBe(1350)
        expect(mtu('2001:db8:2::1')).toBe(1400)
        expect(mtu('2001:db8::1', { mark: 5 })).toBe(1400)
        expect(mtu('fe80::9', { link: index })).toBe(1400)
        expect(() => mtu('172.22.0.1')).toThrow('Cannot look a route up: the kernel says EHOSTUNREACH')
      } finally {
        network.close()
      }
    })
  })
})
