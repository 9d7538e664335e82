import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { WIRE } from '../../../lab/namespaces.js'
import { groupFullTunnelLab, OUTER, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { filterBy } from '../../support/e2e/packet-filters.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5190
describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program iptables-legacy'],
  'a kill switch where there is no nft but iptables',
  () => {
    const lab = groupFullTunnelLab()
    const rules = async () =>
      (await Promise.all(['iptables', 'ip6tables'].map((one) => lab.client.run(`${one}-legacy-save`))))
        .join('\n')
        .split('\n')
        .filter((line) => line.startsWith('-A') || line.startsWith(':qanat'))
    const ping = (...where: string[]) => lab.client.run('ping', '-c', '1', '-W', '1', ...where)

    it('lets nothing pass beside the tunnel, comes back after a flush, stays after kill -9, and goes by down', async () => {
      await filterBy(lab.client, 'iptables')
      await lab.client.run('iptables-legacy', '-A', 'OUTPUT', '-d', '203.0.113.1', '-j', 'ACCEPT')
      const before = await rules()
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const file = lab.clientFile({
        ...{ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['0.0.0.0/0', '::/0'] },
        more: ['kill-switch = true'],
      })
      const client = lab.up(lab.client, file)
      await client.line(REACHED)
      await ping(WORLD.ipv4)
      await ping(WORLD.ipv6)
      await expect(ping('-I', WIRE, OUTER)).rejects.toThrow()
      const running = await rules()
      for (const program of ['iptables', 'ip6tables']) {
        await lab.client.run(`${program}-legacy`, '-F', 'OUTPUT')
        await client.line('restored what was removed')
      }
      await eventually('the rules are as they were', async () => {
        const now = await rules()
        return now.length === running.length - 1 // the user's own went by the flush, too
      })
      await expect(ping('-I', WIRE, OUTER)).rejects.toThrow()
      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
      expect(await rules()).toEqual(before.filter((line) => !line.includes('203.0.113.1')))

      const killed = lab.up(lab.client, file)
      await killed.line(REACHED)
      killed.kill('SIGKILL')
      await killed.ending()
      await expect(ping('-I', WIRE, OUTER)).rejects.toThrow()
      await lab.down(lab.client, file).output()
      expect((await rules()).join()).not.toContain('qanat')
    })
  },
)
