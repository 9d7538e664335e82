import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { DeviceChange, TunOptions } from '../../src/core/api/tun-device.js'
import { parseIpPrefix } from '../../src/core/ip/ip-prefix.js'
import * as portable from '../../src/tun/change-interface.js'
import * as program from '../../src/tun/ip-command.js'
import * as netlink from '../../src/tun/netlink-interface.js'
import { inNewNetwork, namespacesMissing } from '../support/network-namespace.js'

const missing = namespacesMissing('ip')
const prefixes = (...texts: readonly string[]) => texts.map((text) => parseIpPrefix(text)!)
const OPTIONS: Pick<TunOptions, 'mtu' | 'addresses' | 'routes' | 'routingTable'> = {
  mtu: 1380,
  addresses: [
    { local: '10.0.0.2', peer: undefined, prefix: 24 },
    { local: '10.7.0.2', peer: '10.7.0.1', prefix: 32 },
    { local: 'fd00::2', peer: undefined, prefix: 64 },
    { local: 'fd07::2', peer: 'fd07::1', prefix: 128 },
  ],
  routes: prefixes('192.0.2.0/24', '198.51.100.7/32', '2001:db8::/32'),
}
const CHANGE: DeviceChange = {
  mtu: 1300,
  addresses: { added: prefixes('10.8.0.2/16', 'fd08::2/48'), removed: prefixes('10.0.0.2/24', 'fd00::2/64') },
  routes: { added: prefixes('203.0.113.0/24'), removed: prefixes('192.0.2.0/24', '192.0.2.128/25') },
}

describe.skipIf(missing)(`an interface${missing ? `, skipped: ${missing}` : ''}`, () => {
  it.each([undefined, 77])(
    'is the same by netlink as by the program ip, with table %s',
    async (routingTable) => {
      const options = { ...OPTIONS, routingTable }
      const byProgram = await shown(async () => {
        await program.configureInterface('t0', options)
        const first = look(routingTable)
        await portable.changeInterface('t0', routingTable, CHANGE)
        return [first, look(routingTable)]
      })
      const byNetlink = await shown(async () => {
        netlink.configureInterface('t0', options)
        const first = look(routingTable)
        netlink.changeInterface('t0', routingTable, CHANGE)
        return [first, look(routingTable)]
      })
      expect(byNetlink).toEqual(byProgram)
      expect(byNetlink[0]).toContain('proto 113')
    },
  )

  it('gets routes, or none of them if one is routed to another interface', async () => {
    await shown(async () => {
      netlink.configureInterface('t0', OPTIONS)
      execFileSync('ip', ['route', 'add', '203.0.113.0/24', 'dev', 'lo'])
      const before = look(undefined)
      expect(() =>
        netlink.changeRoutes('t0', undefined, prefixes('172.20.0.0/16', '203.0.113.0/24'), []),
      ).toThrow('Cannot configure the TUN device t0: 203.0.113.0/24 is routed to lo already')
      expect(look(undefined)).toBe(before)
      netlink.changeRoutes('t0', undefined, prefixes('172.20.0.0/16'), prefixes('192.0.2.0/24', '1.0.0.0/8'))
      expect(look(undefined)).toContain('172.20.0.0/16 dev t0 proto 113 scope link')
      expect(look(undefined)).not.toContain('192.0.2.0/24')
      return []
    })
  })

  it('keeps the route that the kernel made of its address', async () => {
    await shown(async () => {
      netlink.configureInterface('t0', { ...OPTIONS, routes: prefixes('10.0.0.0/24') })
      expect(look(undefined)).toContain('10.0.0.0/24 dev t0 proto kernel scope link src 10.0.0.2')
      return []
    })
  })

  it('does not start with a route that another interface has, which stays', async () => {
    await shown(async () => {
      execFileSync('ip', ['route', 'add', '192.0.2.0/24', 'dev', 'lo'])
      expect(() => netlink.configureInterface('t0', OPTIONS)).toThrow('192.0.2.0/24 is routed to lo already')
      expect(look(undefined)).toContain('192.0.2.0/24 dev lo scope link')
      return []
    })
  })

  it('that is gone is an error that names it', async () => {
    await inNewNetwork(async () => {
      expect(() => netlink.configureInterface('t0', OPTIONS)).toThrow(
        'Cannot configure the TUN device t0: it is gone',
      )
    })
  })
})

async function shown(work: () => Promise<string[]>): Promise<string[]> {
  let result: string[] = []
  await inNewNetwork(async () => {
    execFileSync('ip', ['tuntap', 'add', 'dev', 't0', 'mode', 'tun'])
    result = await work()
  })
  return result
}

function look(table: number | undefined): string {
  const of = table === undefined ? 'main' : `${table}`
  const commands = [
    ['-details', 'link', 'show', 'dev', 't0'],
    ['address', 'show', 'dev', 't0'],
    ['route', 'show', 'table', of],
    ['-6', 'route', 'show', 'table', of],
  ]
  const text = commands.map((args) => execFileSync('ip', args, { encoding: 'utf8' })).join('\n')
  return text
    .split('\n')
    .filter((line) => !line.includes('fe80:'))
    .map((line) => line.trimEnd())
    .join('\n')
}
