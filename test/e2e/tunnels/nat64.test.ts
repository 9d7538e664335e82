import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import { FullTunnelLab, OUTER, SERVER } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5187
/** The NAT64's prefix of 96 bits, and what it makes of the well-known address 192.0.0.170. */
const PREFIX = '2001:db8:64::/96'
const WELL_KNOWN = '2001:db8:64:0:0:0:c000:aa'
/** The NAT64's own address, and those that its customers have. */
const POOL = { own: '192.0.2.1', network: '192.0.2.0/24' }

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program sysctl', 'program tayga'] as const),
  ],
  'a client whose network has IPv6 alone, and a NAT64',
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
      const names = server.node('name-server.js', server.ipv6, `ipv4only.arpa=${WELL_KNOWN}`)
      await names.line('ready', 'stdout')
      const reached = () =>
        client.start('ping', ['-c', '1', '-W', '1', '2001:db8:64::c633:6408']).ended.then(({ code }) => code)
      await eventually('the NAT64 translates', reached, 0)
    })
    afterAll(async () => {
      await lab.clear()
      lab.remove()
    })

    it.each([
      ['udp', ['10.0.0.0/24']],
      ['tcp', ['10.0.0.0/24']],
      ['ws', ['10.0.0.0/24']],
      ['udp', ['0.0.0.0/0', '::/0']],
      ['tcp', ['0.0.0.0/0', '::/0']],
    ])('reaches a server over %s by its IPv4 address, for %s', async (scheme, allowed) => {
      const server = lab.up(lab.server, lab.serverFile(`${scheme}://0.0.0.0:${PORT}`))
      await server.line('listening')
      const client = lab.up(lab.client, lab.clientFile({ endpoint: `${scheme}://${OUTER}:${PORT}`, allowed }))
      await client.line(REACHED)
      await lab.client.run('ping', '-c', '3', '-i', '0.2', '-w', '10', SERVER.ipv4)
      for (const program of [client, server]) {
        program.kill('SIGTERM')
        expect(await program.ending()).toEqual({ code: 0, signal: null })
      }
    })
  },
)
