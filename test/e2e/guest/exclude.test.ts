import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { FILTERS, filterBy } from '../../support/e2e/packet-filters.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5188
const EXCLUDED = `exclude = ["${WORLD.ipv4}/32", "2001:db8:99::/64"]`

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'] as const),
    ...(['program iptables-legacy', 'program tcpdump'] as const),
  ],
  'ranges that are excluded from a tunnel',
  () => {
    const lab = groupFullTunnelLab()

    it.each(FILTERS)(
      'are reached outside a full tunnel with a kill switch, from reload to reload, and leave nothing, by %s',
      async (filter) => {
        await filterBy(lab.client, filter)
        const before = await stateOf(lab.client)
        await serve()
        const file = (exclude: string) =>
          lab.clientFile({
            ...{ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['0.0.0.0/0', '::/0'] },
            more: ['kill-switch = true', exclude],
          })
        const client = lab.up(lab.client, file(EXCLUDED))
        await client.line(REACHED)
        const running = await stateOf(lab.client)
        expect(await leavesOutside()).toEqual([WORLD.ipv4, WORLD.ipv6])
        await reload(file(''))
        expect(await leavesOutside()).toEqual([])
        await reload(file(`exclude = ["${WORLD.ipv4}/32"]`))
        expect(await leavesOutside()).toEqual([WORLD.ipv4])
        await reload(file(EXCLUDED))
        expect(await stateOf(lab.client)).toBe(running)
        client.kill('SIGTERM')
        expect(await client.ending()).toEqual({ code: 0, signal: null })
        expect(await stateOf(lab.client)).toBe(before)
      },
    )

    it('are cut out of the ranges of a tunnel that is not full, from reload to reload', async () => {
      await serve()
      const allowed = ['198.51.100.0/24', '2001:db8:99::/48']
      const file = (exclude: string) =>
        lab.clientFile({ endpoint: `udp://${lab.server.ipv4}:${PORT}`, allowed, more: [exclude] })
      const client = lab.up(lab.client, file(EXCLUDED))
      await client.line(REACHED)
      expect(await way(WORLD.ipv4)).toContain(`dev ${WIRE}`)
      expect(await way(WORLD.ipv6)).toContain(`dev ${WIRE}`)
      expect(await way(OUTER)).toContain('dev client')
      expect(await way('2001:db8:99:1::1')).toContain('dev client')
      await reload(file(''))
      for (const address of [OUTER, WORLD.ipv4, WORLD.ipv6])
        expect(await way(address)).toContain('dev client')
      await reload(file(EXCLUDED))
      expect(await way(WORLD.ipv4)).toContain(`dev ${WIRE}`)
    })

    async function serve(): Promise<void> {
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
    }

    async function reload(file: string): Promise<void> {
      expect(await lab.reload(lab.client, file).ending()).toMatchObject({ code: 0 })
    }

    /** Pings the world; what of it leaves by the wire as it is, and is answered. */
    async function leavesOutside(): Promise<string[]> {
      const capture: Program = await lab.capture(OUTER, PORT)
      const world = [WORLD.ipv4, WORLD.ipv6]
      await Promise.all(world.map((address) => ping(address)))
      capture.kill('SIGTERM')
      await capture.ending()
      return world.filter((address) => capture.stdout.some((line) => line.includes(`> ${address}: ICMP`)))
    }

    /** Throws if nobody answers. */
    function ping(address: string): Promise<string> {
      return lab.client.run('ping', '-c', '2', '-i', '0.1', '-w', '5', address)
    }

    function way(address: string): Promise<string> {
      return lab.client.run('ip', 'route', 'get', address)
    }
  },
)
