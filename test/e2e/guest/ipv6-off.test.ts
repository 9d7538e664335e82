import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5189

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program sysctl'],
  'where IPv6 is off',
  () => {
    const lab = groupFullTunnelLab()

    it('a full tunnel of both families goes on with IPv4, says so once, and leaves nothing', async () => {
      await lab.client.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1')
      const before = await stateOf(lab.client)
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const file = (more: string) =>
        lab.clientFile({
          ...{ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['0.0.0.0/0', '::/0'] },
          more: ['kill-switch = true', more],
        })
      const client = lab.up(lab.client, file(''))
      await client.line(REACHED)
      await lab.client.run('ping', '-c', '1', '-W', '5', WORLD.ipv4)
      const reload = lab.reload(lab.client, file('exclude = ["2001:db8:99::/64"]'))
      expect(await reload.ending()).toEqual({ code: 0, signal: null })
      await lab.client.run('ping', '-c', '1', '-W', '5', WORLD.ipv4)
      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
      const told = client.stderr.filter((line) => line.includes('net.ipv6.conf.all.disable_ipv6=1'))
      expect(told).toHaveLength(1)
      expect(await stateOf(lab.client)).toBe(before)
    })
  },
)
