import { expect, it } from 'vitest'
import { mountsOf } from '../../../lab/debian-packages.js'
import { REACHED } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { START_RESOLVED } from '../../support/e2e/debian/services.js'
import { groupFullTunnelLab, OUTER, SERVER, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PORT = 5196
const DEVICE = 'split'
const DOMAINS = 'dns-domains = ["corp.example"]'

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft', 'program dbus-daemon'] as const),
    ...(['program systemd-sysusers', 'Debian package systemd-resolved'] as const),
  ],
  'systemd-resolved',
  () => {
    const lab = groupFullTunnelLab()

    it('asks the name servers of a tunnel for its domains, and after each way to end as before', async () => {
      await lab.client.remount(mountsOf(['systemd-resolved']))
      await lab.client.run('sh', '-ec', START_RESOLVED)
      const before = await state()
      await lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`)).line('listening')
      const names = lab.server.node('name-server.js', SERVER.ipv4, 'git.corp.example=192.0.2.1')
      const file = (...more: readonly string[]) =>
        lab.clientFile({
          ...{ endpoint: `udp://${OUTER}:${PORT}`, allowed: [`${SERVER.ipv4}/32`] },
          more: [`name = "${DEVICE}"`, `dns = ["${SERVER.ipv4}"]`, ...more],
        })
      const client = lab.up(lab.client, file(DOMAINS))
      await client.line(REACHED)
      await names.line('ready', 'stdout')
      expect(await told()).toEqual([SERVER.ipv4, '~corp.example', 'no'])
      expect(await query('git.corp.example')).toContain('192.0.2.1')
      await query('elsewhere.example').catch(() => {})
      expect(names.stdout.filter((line) => !/^ready|corp\.example/.test(line))).toEqual([])

      await reload(file())
      expect(await told()).toEqual([SERVER.ipv4, '~.', 'yes'])
      await query('elsewhere.example').catch(() => {})
      expect(names.stdout.join('\n')).toContain('elsewhere.example')
      await reload(
        lab.clientFile({
          endpoint: `udp://${OUTER}:${PORT}`,
          allowed: [`${SERVER.ipv4}/32`],
          more: [`name = "${DEVICE}"`],
        }),
      )
      expect(await told()).toEqual(['', '', 'no'])
      await reload(file(DOMAINS))
      expect(await told()).toEqual([SERVER.ipv4, '~corp.example', 'no'])
      await end(client, 'SIGTERM')
      expect(await state()).toBe(before)

      const killed = lab.up(lab.client, file(DOMAINS))
      await killed.line(REACHED)
      await end(killed, 'SIGKILL')
      await eventually('all is as before', state, before)
      await lab.up(lab.client, file(DOMAINS, 'post-up = ["false"]')).ending()
      expect(await state()).toBe(before)
    })

    /** The servers and domains of the device, and whether its servers are asked for what no other interface claims. */
    async function told(): Promise<string[]> {
      const lines = ['dns', 'domain', 'default-route'].map((what) =>
        lab.client.run('resolvectl', what, DEVICE),
      )
      return (await Promise.all(lines)).map((line) => line.replace(/^Link \d+ \(\w+\): ?/, ''))
    }

    async function state(): Promise<string> {
      const more = 'resolvectl dns; resolvectl domain; resolvectl default-route'
      return (await stateOf(lab.client)) + (await lab.client.run('sh', '-c', more))
    }

    function query(name: string): Promise<string> {
      return lab.client.run('resolvectl', '--legend=no', '-4', 'query', name)
    }

    async function reload(path: string): Promise<void> {
      expect(await lab.reload(lab.client, path).ending()).toMatchObject({ code: 0 })
    }

    async function end(program: Program, signal: NodeJS.Signals): Promise<void> {
      program.kill(signal)
      await program.ending()
    }
  },
)
