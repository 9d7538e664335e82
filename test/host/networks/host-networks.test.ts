import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { textOf } from '../../../src/core/ip/ip-network.js'
import { hostNetworks, type Networks } from '../../../src/host/networks/host-networks.js'
import { procNetworks } from '../../../src/host/networks/proc-networks.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip')

/** A host with a wire and a tunnel, on which another tunnel has a part of the world. */
const HOST = [
  'link add wire type veth peer name far-wire',
  'link add tunnel type veth peer name far-tunnel',
  ...['wire', 'tunnel', 'far-wire', 'far-tunnel'].map((name) => `link set ${name} up`),
  'address add 192.168.7.2/24 dev wire',
  'address add 2001:db8:7::2/64 dev wire nodad',
  'address add 10.20.0.2/24 dev tunnel',
  'route add default via 192.168.7.1',
  'route add 10.30.0.0/16 dev wire proto static',
  'route add 10.40.0.0/16 via 10.20.0.1',
  'route add default via 2001:db8:7::1',
]

describe.skipIf(missing)(`the networks of a host${missing ? `, skipped: ${missing}` : ''}`, () => {
  it.each([
    ['by netlink', hostNetworks],
    ['by /proc', procNetworks],
  ])('%s are what its other interfaces are connected to, and its gateways', async (_way, look) => {
    const { connected, nextHops } = await lookAt(look, 'tunnel')
    expect(connected).toEqual(expect.arrayContaining(['127.0.0.0/8', '192.168.7.0/24', '2001:db8:7::/64']))
    for (const other of ['10.20.0.0/24', '10.30.0.0/16', '10.40.0.0/16', '0.0.0.0/0', '::/0']) {
      expect(connected).not.toContain(other)
    }
    expect(nextHops).toEqual(['192.168.7.1', '2001:db8:7::1'])
  })

  it('have a gateway for each next hop of a route', async () => {
    const { nextHops } = await lookAt(hostNetworks, 'tunnel', [
      'route add 172.16.0.0/12 nexthop via 192.168.7.8 nexthop via 192.168.7.9',
    ])
    expect(nextHops).toEqual(expect.arrayContaining(['192.168.7.1', '192.168.7.8', '192.168.7.9']))
  })

  it('are none for a device that is no interface of the host', async () => {
    const none = { connected: [], nextHops: [] }
    expect(await lookAt(hostNetworks, 'memory0')).toEqual(none)
    expect(await lookAt(procNetworks, 'memory0')).toEqual(none)
  })
})

async function lookAt(look: (device: string) => Networks, device: string, more: readonly string[] = []) {
  let networks: Networks | undefined
  await inNewNetwork(async () => {
    for (const words of [...HOST, ...more]) execFileSync('ip', words.split(' '))
    networks = look(device)
  })
  return {
    connected: networks!.connected.map(({ text }) => text),
    nextHops: networks!.nextHops.map(textOf),
  }
}
