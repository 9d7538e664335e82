import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'

const PORT = 5189
/** How it is off, what a host shows of that, and what is told. */
const OFF = [
  ['by a setting', 'true', 'net.ipv6.conf.all.disable_ipv6=1'],
  [
    'and the system has no settings of it',
    'mount -t tmpfs tmpfs /proc/sys/net/ipv6',
    'as far as this system',
  ],
] as const

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program sysctl'],
  'where IPv6 is off',
  () => {
    const lab = groupFullTunnelLab()

    it.each(OFF)(
      '%s, a full tunnel of both families goes on with IPv4, says so once, and leaves nothing',
      async (_how, off, cause) => {
        await lab.client.run('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1')
        await lab.client.remount(off)
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
        const told = client.stderr.filter((line) => line.includes(cause))
        expect(told).toHaveLength(1)
        expect(await stateOf(lab.client)).toBe(before)
      },
    )
  },
)
