import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { LabHost, REACHED } from '../../../lab/lab.js'
import { NetworkNamespace, removeNamespace } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import { CLIENT, FullTunnelLab, OUTER, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { FILTERS, filterBy } from '../../support/e2e/packet-filters.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5184
/** The server's other network, its address there, and somebody else's. RFC 5737, RFC 3849 */
const NETWORK = { ipv4: '203.0.113.0/24', ipv6: '2001:db8:77::/64' }
const GATEWAY = { ipv4: '203.0.113.1', ipv6: '2001:db8:77::1' }
const NEIGHBOUR = { ipv4: '203.0.113.9', ipv6: '2001:db8:77::9' }
/** Its interfaces. */
const OUT = 'out'

describeWhere(
  [
    ...(['root', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program tcpdump'] as const),
    ...(['program iptables-legacy', 'program sysctl'] as const),
  ],
  'a server between its clients and another network',
  () => {
    let lab: FullTunnelLab
    let neighbour: LabHost
    const namespace = new NetworkNamespace(`qanat-${process.pid}-${randomBytes(3).toString('hex')}-third`, 9)
    let before: string
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
      execFileSync('ip', ['netns', 'add', namespace.name])
      neighbour = new LabHost(namespace)
      await lab.server.run(
        'ip',
        'link',
        'add',
        OUT,
        'type',
        'veth',
        'peer',
        'name',
        OUT,
        'netns',
        namespace.name,
      )
      for (const [host, { ipv4, ipv6 }] of [
        [lab.server, GATEWAY],
        [neighbour, NEIGHBOUR],
      ] as const) {
        await host.run('ip', 'address', 'add', `${ipv4}/24`, 'dev', OUT)
        await host.run('ip', 'address', 'add', `${ipv6}/64`, 'dev', OUT, 'nodad')
        await host.run('ip', 'link', 'set', OUT, 'up', 'addrgenmode', 'none')
      }
      before = await stateOf(lab.server)
    })
    afterEach(async () => {
      await lab.clear()
      await neighbour.clear()
    })
    afterAll(() => {
      removeNamespace(namespace.name)
      lab.remove()
    })

    it.each(FILTERS)(
      'gives them its own address there with nat, and forwards no more when it has ended, by %s',
      async (filter) => {
        await filterBy(lab.server, filter)
        const server = await serve('nat = true')
        expect(await sourcesSeen()).toEqual([GATEWAY.ipv4, GATEWAY.ipv6])
        await expectAsBefore(server)
      },
    )

    it('forwards them as they are with forward', async () => {
      await neighbour.run('ip', 'route', 'replace', '10.0.0.0/24', 'via', GATEWAY.ipv4)
      await neighbour.run('ip', 'route', 'replace', 'fd00::/64', 'via', GATEWAY.ipv6)
      const server = await serve('forward = true')
      expect(await sourcesSeen()).toEqual([CLIENT.ipv4, CLIENT.ipv6])
      await expectAsBefore(server)
    })

    describeWhere(['koffi'], 'that lead all into the tunnel', () => {
      for (const scheme of ['udp', 'tcp']) {
        it(`takes clients whose kernels check by which way packets come, over ${scheme}`, async () => {
          const strict = ['net.ipv4.conf.all.rp_filter=1', 'net.ipv4.conf.wire.rp_filter=1']
          await lab.client.run('sysctl', '-w', ...strict)
          await serve('nat = true', scheme)
          await connect(['0.0.0.0/0', '::/0'], scheme)
          await lab.client.run('ping', '-c', '3', '-w', '5', NEIGHBOUR.ipv4)
          if (scheme === 'tcp') return // the kernel asks only once for a connection
          // It takes the mark for that: by its address alone, the way back to the server is the tunnel.
          await lab.client.run('sysctl', '-w', 'net.ipv4.conf.all.src_valid_mark=0')
          const refused = lab.client.start('ping', ['-c', '2', '-i', '0.2', '-w', '1', NEIGHBOUR.ipv4])
          expect(await refused.ending()).toMatchObject({ code: 1 })
        })
      }
    })

    async function serve(line: string, scheme = 'udp'): Promise<Program> {
      const server = lab.up(lab.server, lab.serverFile(`${scheme}://0.0.0.0:${PORT}`, [line]))
      await server.line('listening')
      return server
    }

    async function connect(allowed: readonly string[], scheme = 'udp'): Promise<void> {
      const endpoint = `${scheme}://${OUTER}:${PORT}`
      const client = lab.up(lab.client, lab.clientFile({ endpoint, allowed }))
      await client.line(REACHED)
    }

    /** Where the pings of a client seem to come from, by IPv4 and by IPv6. */
    async function sourcesSeen(): Promise<string[]> {
      const filter = 'icmp[icmptype] == icmp-echo or (icmp6 and ip6[40] == 128)'
      const capture = neighbour.start('tcpdump', ['-lnp', '--immediate-mode', '-i', OUT, filter])
      await capture.line('listening on')
      await connect([NETWORK.ipv4, NETWORK.ipv6])
      for (const address of [NEIGHBOUR.ipv4, NEIGHBOUR.ipv6]) {
        await lab.client.run('ping', '-c', '1', '-w', '5', address)
        await capture.line(`> ${address}`, 'stdout')
      }
      return capture.stdout.map((line) => / IP6? (\S+) >/.exec(line)![1]!)
    }

    async function expectAsBefore(server: Program): Promise<void> {
      server.kill('SIGTERM')
      expect(await server.ending()).toEqual({ code: 0, signal: null })
      expect(await stateOf(lab.server)).toBe(before)
    }
  },
)
