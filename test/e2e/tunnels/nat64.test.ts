import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import { FullTunnelLab, NAMES, OUTER, SERVER } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5187
/** The NAT64's prefix, and what it makes of the server's address. */
const PREFIX = '2001:db8:64::/96'
const TRANSLATED = '2001:db8:64::c633:6408'
/** An address of the well-known name. RFC 7050 */
const WELL_KNOWN = '192.0.0.170'
/** The NAT64's own address, and those that its customers have. */
const POOL = { own: '192.0.2.1', network: '192.0.2.0/24' }

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program sysctl', 'program tayga', 'program unbound'] as const),
  ],
  'a client whose network has IPv6 only, NAT64 and DNS64',
  () => {
    let lab: FullTunnelLab
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
      const { client, server } = lab
      await client.run('ip', '-4', 'address', 'flush', 'dev', WIRE)
      lab.asks(client, server.ipv6)
      await server.run('sysctl', '-w', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1')
      const config = join(lab.folder, 'tayga.conf')
      writeFileSync(
        config,
        `tun-device nat64\nipv4-addr ${POOL.own}\nprefix ${PREFIX}\ndynamic-pool ${POOL.network}\ndata-dir ${lab.folder}\n`,
      )
      await server.run('tayga', '-c', config, '--mktun')
      for (const network of [PREFIX, POOL.network]) {
        await server.run('ip', 'link', 'set', 'nat64', 'up')
        await server.run('ip', 'route', 'add', network, 'dev', 'nat64')
      }
      await server.run('ip', 'address', 'add', '2001:db8:ffff::1/128', 'dev', 'nat64')
      server.start('tayga', ['-c', config, '-d'])
      const names = server.node(
        ...(['name-server.js', server.ipv4] as const),
        ...[`ipv4only.arpa=${WELL_KNOWN}`, `${NAMES.server}=${OUTER}`],
      )
      await names.line('ready', 'stdout')
      const resolver = join(lab.folder, 'unbound.conf')
      writeFileSync(resolver, dns64(server.ipv6, server.ipv4))
      await server.start('unbound', ['-d', '-c', resolver]).line('start of service')
      const reached = () =>
        client.start('ping', ['-c', '1', '-W', '1', TRANSLATED]).ended.then(({ code }) => code)
      await eventually('the NAT64 translates', reached, 0)
    })
    afterAll(async () => {
      await lab.clear()
      lab.remove()
    })

    it.each([
      ['udp', OUTER, ['10.0.0.0/24']],
      ['tcp', OUTER, ['10.0.0.0/24']],
      ['ws', OUTER, ['10.0.0.0/24']],
      ['udp', OUTER, ['0.0.0.0/0', '::/0']],
      ['tcp', OUTER, ['0.0.0.0/0', '::/0']],
      ['udp', NAMES.server, ['10.0.0.0/24']],
      ['tcp', NAMES.server, ['0.0.0.0/0', '::/0']],
    ])('reaches a server over %s as %s, for %s', async (scheme, host, allowed) => {
      const server = lab.up(lab.server, lab.serverFile(`${scheme}://0.0.0.0:${PORT}`))
      await server.line('listening')
      const client = lab.up(lab.client, lab.clientFile({ endpoint: `${scheme}://${host}:${PORT}`, allowed }))
      await client.line(REACHED)
      await lab.client.run('ping', '-c', '3', '-i', '0.2', '-w', '10', SERVER.ipv4)
      for (const program of [client, server]) {
        program.kill('SIGTERM')
        expect(await program.ending()).toEqual({ code: 0, signal: null })
      }
    })
  },
)

/** A resolver that answers with translated addresses if a name has no IPv6 ones, which it asks another one for. RFC 6147 */
function dns64(own: string, upstream: string): string {
  return [
    'server:',
    '  verbosity: 1',
    `  interface: ${own}`,
    '  access-control: ::/0 allow',
    '  module-config: "dns64 iterator"',
    `  dns64-prefix: ${PREFIX}`,
    ...['chroot', 'username', 'pidfile', 'logfile', 'directory'].map((name) => `  ${name}: ""`),
    '  use-syslog: no',
    'remote-control:',
    '  control-enable: no',
    'forward-zone:',
    '  name: "."',
    `  forward-addr: ${upstream}`,
    '',
  ].join('\n')
}
