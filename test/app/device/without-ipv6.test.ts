import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { takenRoutes, withoutIpv6 } from '../../../src/app/device/without-ipv6.js'
import { parseIpPrefix } from '../../../src/core/ip/ip-prefix.js'
import { KeptLog } from '../../host/parts.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const missing = namespacesMissing('ip')
const SETTINGS = '/proc/sys/net/ipv6/conf'
const [IPV4, IPV6] = ['10.0.0.2', 'fd00::2'].map((local) => ({ local, peer: undefined, prefix: 24 }))
const ROUTES = ['0.0.0.0/0', '::/0'].map((text) => parseIpPrefix(text)!)

describe.skipIf(missing)(`where IPv6 is off, a device${missing ? `, skipped: ${missing}` : ''}`, () => {
  it.each(['all', 'default'])('has IPv4 alone, and the log names the setting: %s', async (name) => {
    await onHost(name, (log) => {
      const wanted = { addresses: [IPV4!, IPV6!], routes: ROUTES }
      expect(withoutIpv6('t0', wanted, log)).toEqual({ addresses: [IPV4], routes: [ROUTES[0]] })
      expect(log.lines).toEqual([
        {
          level: 'warn',
          message: 'IPv6 is off here, so the tunnel has IPv4 alone',
          fields: { by: `net.ipv6.conf.${name}.disable_ipv6=1` },
        },
      ])
      expect(takenRoutes('t0', ROUTES)).toEqual([ROUTES[0]])
    })
  })

  it('without an address of IPv4 is refused', async () => {
    await onHost('default', (log) => {
      expect(() => withoutIpv6('t0', { addresses: [IPV6!], routes: [] }, log)).toThrow(
        'Cannot give t0 an address: all of them are IPv6, which is off here (net.ipv6.conf.default.disable_ipv6=1); turn it on, or add an IPv4 address',
      )
    })
  })

  it('that wants no IPv6, or is no interface, has all it wants, and nothing is told', async () => {
    await onHost('default', (log) => {
      const [ipv4, both] = [
        { addresses: [IPV4!], routes: [ROUTES[0]!] },
        { addresses: [IPV4!, IPV6!], routes: ROUTES },
      ]
      expect(withoutIpv6('t0', ipv4, log)).toBe(ipv4)
      expect(withoutIpv6('in-memory', both, log)).toBe(both)
      expect(takenRoutes('in-memory', ROUTES)).toBe(ROUTES)
      expect(log.lines).toEqual([])
    })
  })
})

/** A host that turned IPv6 off by a setting before it made a device. */
function onHost(setting: string, work: (log: KeptLog) => void): Promise<void> {
  return inNewNetwork(async () => {
    writeFileSync(`${SETTINGS}/${setting}/disable_ipv6`, '1')
    execFileSync('ip', ['tuntap', 'add', 'dev', 't0', 'mode', 'tun'])
    work(new KeptLog())
  })
}
