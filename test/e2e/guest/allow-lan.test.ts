import { expect, it } from 'vitest'
import { type LabHost, REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { FILTERS, filterBy } from '../../support/e2e/packet-filters.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5189
/** Of a network that comes while the tunnel runs: the client's, and the server's beside it. */
const LATER = ['192.168.77.1', '192.168.77.2'] as const
/** What is sent to all hosts of a network that ask for it. RFC 2365 */
const TO_ALL = '239.255.1.1'

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program iptables-legacy', 'program tcpdump'] as const),
  ],
  'a host with a kill switch that allows its local networks',
  () => {
    const lab = groupFullTunnelLab()

    it.each(FILTERS)(
      'reaches them and is reached, those that come as well, and nothing else passes, by %s',
      async (filter) => {
        await filterBy(lab.client, filter)
        const before = await stateOf(lab.client)
        await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
        const file = (allowLan: boolean) =>
          lab.clientFile({
            ...{ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['0.0.0.0/0', '::/0'] },
            more: ['kill-switch = true', `allow-lan = ${allowLan}`],
          })
        const client = lab.up(lab.client, file(false))
        await client.line(REACHED)
        expect(await answers(lab.client, lab.server.ipv4)).toBe(false)
        await reload(file(true))
        for (const [from, to] of [
          [lab.client, lab.server],
          [lab.server, lab.client],
        ] as const) {
          expect(await answers(from, to.ipv4)).toBe(true)
          expect(await answers(from, to.ipv6)).toBe(true)
        }
        const capture = await lab.capture(OUTER, PORT)
        expect(await answers(lab.client, WORLD.ipv4)).toBe(true)
        await lab.client.run('sh', '-c', `ping -c 1 -W 1 -I ${WIRE} ${TO_ALL} || true`)
        await capture.line(TO_ALL, 'stdout')
        expect(capture.stdout.filter((line) => !line.includes(TO_ALL))).toEqual([])

        const [own, other] = LATER
        await lab.client.run('ip', 'address', 'add', `${own}/24`, 'dev', WIRE)
        await lab.server.run('ip', 'address', 'add', `${other}/24`, 'dev', WIRE)
        await eventually('the network that came is let pass', () => answers(lab.client, other), true)
        await lab.client.run('ip', 'address', 'delete', `${own}/24`, 'dev', WIRE)
        await lab.server.run('ip', 'address', 'delete', `${other}/24`, 'dev', WIRE)
        const rules = () => stateOf(lab.client)
        await eventually(
          'the network that went is not',
          async () => (await rules()).includes('192.168.77.'),
          false,
        )
        await reload(file(false))
        expect(await answers(lab.client, lab.server.ipv4)).toBe(false)
        client.kill('SIGTERM')
        expect(await client.ending()).toEqual({ code: 0, signal: null })
        expect(await stateOf(lab.client)).toBe(before)
      },
    )

    async function reload(file: string): Promise<void> {
      expect(await lab.reload(lab.client, file).ending()).toMatchObject({ code: 0 })
    }

    async function answers(from: LabHost, address: string): Promise<boolean> {
      const ping = from.start('ping', ['-c', '1', '-W', '0.5', address])
      return (await ping.ending()).code === 0
    }
  },
)
