import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { connectedLan, NO_LAN } from '../../../src/host/routing/connected-lan.js'
import { stateOf } from '../../../src/host/routing/tunnel-table.js'
import { RouteNetlink } from '../../../src/native/netlink/route-netlink.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing()

describe.skipIf(missing)(
  `in a kernel${missing ? `, skipped: ${missing}` : ''}, the local networks of a host`,
  () => {
    it('are private ones that it is connected to by another interface than the tunnel’s, and what reaches all of it', async () => {
      await inNewNetwork(async () => {
        const network = new RouteNetlink()
        const lan = () => connectedLan(stateOf(network), 'q0')
        expect(lan()).toEqual(NO_LAN)
        for (const name of ['eth0', 'eth1', 'q0', 'w"0']) {
          ip(`link add ${name} type veth peer name ${name}p`, `link set ${name}p addrgenmode none up`)
          ip(`link set ${name} addrgenmode none up`)
        }
        ip('address add 192.168.1.5/24 dev eth0', 'address add 203.0.113.5/24 dev eth0')
        ip('address add fd00:1::5/64 dev eth0', 'address add fe80::5/64 dev eth0')
        ip('route add 10.7.0.0/16 dev eth0', 'route add 10.8.0.0/16 via 192.168.1.1')
        ip(
          'address add 192.168.1.200/25 dev eth1',
          'address add 10.0.0.2/24 dev q0',
          'address add 10.5.0.2/24 dev w"0',
        )
        const { interfaces, ranges } = lan()
        expect(interfaces).toEqual(['eth0', 'eth1'])
        expect(ranges.map(({ text }) => text)).toEqual([
          ...['192.168.1.0/24', 'fd00:1::/64', 'fe80::/64'],
          ...['224.0.0.0/24', '239.0.0.0/8', '255.255.255.255/32', 'ff02::/16', 'ff05::/16'],
        ])
        network.close()
      })
    })
  },
)

function ip(...commands: readonly string[]): void {
  for (const words of commands) execFileSync('ip', words.split(' '))
}
