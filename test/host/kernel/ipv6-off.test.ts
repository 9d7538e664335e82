import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { ipv6Off } from '../../../src/host/kernel/ipv6-off.js'
import { orSkipped } from '../../support/native-missing.js'
import { inNewNetwork, namespacesMissing } from '../../support/network-namespace.js'

const HIDDEN = '/nowhere'
const missing = namespacesMissing('ip', 'sysctl')

it.skipIf(missing)(
  orSkipped(
    'takes IPv6 for off without the settings only if the loopback interface is up, without IPv6',
    missing,
  ),
  async () => {
    await inNewNetwork(async () => {
      expect(ipv6Off('lo', HIDDEN)).toBeUndefined()
      execFileSync('ip', ['link', 'set', 'lo', 'down'])
      expect(ipv6Off('lo', HIDDEN)).toBeUndefined()
      execFileSync('sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1'])
      execFileSync('ip', ['link', 'set', 'lo', 'up'])
      expect(ipv6Off('lo', HIDDEN)).toBe(
        `net.ipv6.conf.all.disable_ipv6=1, as far as this system without ${HIDDEN} shows`,
      )
      expect(ipv6Off('lo')).toBe('net.ipv6.conf.all.disable_ipv6=1')
    })
  },
)
