import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { networkOf, textOf } from '../../../src/core/ip/ip-network.js'
import { routingOf } from '../../../src/host/networks/host-routing.js'
import type { HostRouting } from '../../../src/host/networks/judge-route.js'
import { lookBeside } from '../../../src/host/networks/look-beside.js'
import { showByProgram } from '../../../src/host/networks/show-by-program.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip')

/** A host with two networks, Docker, a bridge of a network, another tunnel, and a tunnel of our own. */
const HOST = [
  'link add lan type veth peer name far-lan',
  'link add nic type ifb',
  'link add docker0 type bridge',
  'link add guest0 type veth peer name guest1',
  'link set guest0 master docker0',
  'link add br0 type bridge',
  'link set nic master br0',
  'tuntap add dev vpn mode tun',
  'tuntap add dev own mode tun',
  ...['lan', 'far-lan', 'nic', 'docker0', 'br0', 'vpn', 'own'].map((name) => `link set ${name} up`),
  'address add 192.168.7.2/24 dev lan metric 600',
  'address add 2001:db8:7::2/64 dev lan nodad',
  'address add 172.17.0.1/16 dev docker0',
  'address add 10.44.0.1/16 dev br0',
  'address add 10.8.0.2/24 dev vpn',
  'address add 10.0.0.2/24 dev own',
  'address add 10.60.0.2/24 dev lan noprefixroute',
  'route add 10.60.0.0/24 dev lan proto static metric 100',
  'route add default via 192.168.7.1 metric 600',
  'route add 10.20.0.0/16 nexthop via 192.168.7.8 nexthop via 192.168.7.9',
  'route add 10.30.0.0/16 dev lan',
  'route add blackhole 198.18.0.0/15 metric 999',
  'route add 10.77.0.0/16 via 192.168.7.1 table 77',
  'route add 10.52.0.0/16 dev vpn table 52',
  'rule add priority 5270 table 52',
  'rule add priority 5280 from 192.0.2.0/24 table 77',
  'rule add priority 5290 not fwmark 0x51 table 53',
  'rule add priority 5300 fwmark 0x51 table 54',
]

const EXPECTED = [
  "0.0.0.0/0 of lan another's via 192.168.7.1 metric 600",
  '10.44.0.0/16 of br0 connected',
  '10.60.0.0/24 of lan connected metric 100',
  "10.20.0.0/16 of - another's via 192.168.7.8 192.168.7.9",
  "10.30.0.0/16 of lan another's",
  "10.8.0.0/24 of vpn another's",
  "172.17.0.0/16 of docker0 another's",
  '192.168.7.0/24 of lan connected metric 600',
  '198.18.0.0/15 of - refused metric 999',
  "10.77.0.0/16 of lan another's via 192.168.7.1 table 77",
  "10.52.0.0/16 of vpn another's table 52",
  '2001:db8:7::/64 of lan connected metric 256',
]

describe.skipIf(missing)(`the routes of a host${missing ? `, skipped: ${missing}` : ''}`, () => {
  it.each([
    ['by netlink', lookBeside],
    ['by the program ip', async (device: string) => routingOf(await showByProgram(), device)],
  ])('%s are those of all tables but of local addresses, and say whose they are', async (_way, look) => {
    await inNewNetwork(async () => {
      for (const words of HOST) execFileSync('ip', words.split(' '))
      const routing = await look('own')
      const lines = linesOf(routing).filter((line) => !line.startsWith('fe80:'))
      expect(lines.sort()).toEqual([...EXPECTED].sort())
      expect([...routing.before].sort()).toEqual([52, 53])
    })
  })

  it('are those of all interfaces where there is no such one', async () => {
    await inNewNetwork(async () => {
      for (const words of HOST) execFileSync('ip', words.split(' '))
      expect(linesOf(await lookBeside('other'))).toContain("10.0.0.0/24 of own another's")
    })
  })
})

function linesOf({ routes }: HostRouting): string[] {
  return routes.map(({ destination, device, gateways, kind, metric, table }) =>
    [
      `${networkOf({ ...destination }).text} of ${device !== undefined && kind !== 'refused' ? device : '-'} ${kind}`,
      ...(gateways.length > 0 ? [`via ${gateways.map(textOf).join(' ')}`] : []),
      ...(metric > 0 ? [`metric ${metric}`] : []),
      ...(table === 254 ? [] : [`table ${table}`]),
    ].join(' '),
  )
}
