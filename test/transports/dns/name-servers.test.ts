import { describe, expect, it } from 'vitest'
import { type Was, writtenBy } from '../../../src/host/files/written-by.js'
import { parseHosts } from '../../../src/transports/dns/hosts-file.js'
import { parseResolvConf, readNameServers } from '../../../src/transports/dns/name-servers.js'

const RESOLV_CONF = `# by hand
nameserver 192.0.2.53
nameserver fe80::1%eth0
 nameserver   2001:db8::53 trailing
domain old.example
search example.org  example.net
options edns0
`

describe('resolv.conf', () => {
  it('names servers and the domains of its last line', () => {
    expect(parseResolvConf(RESOLV_CONF)).toEqual({
      servers: ['192.0.2.53', '2001:db8::53'],
      search: ['example.org', 'example.net'],
    })
    expect(parseResolvConf('')).toEqual({ servers: [], search: [] })
  })

  it("gives way to those whom systemd-resolved asks, where it names resolved's stub", () => {
    const files: Record<string, string> = {
      '/etc/resolv.conf': 'nameserver 127.0.0.53\n',
      '/run/systemd/resolve/resolv.conf': 'nameserver 192.0.2.1\nsearch lan\n',
    }
    const read = (path: string) => files[path] ?? ''
    expect(readNameServers(read)).toEqual({ servers: ['192.0.2.1'], search: ['lan'] })
    files['/run/systemd/resolve/resolv.conf'] = ''
    expect(readNameServers(read).servers).toEqual(['127.0.0.53'])
  })
})

describe('resolv.conf while a tunnel names its own servers there', () => {
  const asksInside = (was: Was) => `${writtenBy('office', was)}\nnameserver 10.0.0.1\n`

  it('gives way to what is restored when that tunnel ends', () => {
    const backup = '/var/lib/qanat/resolv.conf.1'
    const files: Record<string, string> = {
      '/etc/resolv.conf': asksInside({ backup }),
      [backup]: 'nameserver 192.0.2.1\nsearch lan\n',
    }
    const read = (path: string) => files[path] ?? ''
    expect(readNameServers(read)).toEqual({ servers: ['192.0.2.1'], search: ['lan'] })
    files[backup] = 'nameserver 127.0.0.53\n'
    files['/run/systemd/resolve/resolv.conf'] = 'nameserver 192.0.2.2\n'
    expect(readNameServers(read).servers).toEqual(['192.0.2.2'])
  })

  it.each(['empty', 'missing', 'unknown'] as const)('names none if what was before is %s', (was) => {
    expect(readNameServers(() => asksInside(was)).servers).toEqual([])
  })
})

describe('a file of hosts', () => {
  it('gives a name its addresses, whatever its case', () => {
    const text = '127.0.0.1 localhost # vpn\n192.0.2.1\tVPN vpn.lan\n::2 vpn\nbad vpn\n'
    expect(parseHosts(text, 'vpn')).toEqual([
      { address: '192.0.2.1', family: 4 },
      { address: '::2', family: 6 },
    ])
    expect(parseHosts(text, 'Vpn.LAN.')).toEqual([{ address: '192.0.2.1', family: 4 }])
    expect(parseHosts(text, 'other')).toEqual([])
  })
})
