import { appendFileSync, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { lossOf } from '../../support/e2e/connect.js'
import { groupFullTunnelLab, OUTER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { complaintsOf, errorsOf, logOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { excessOf, rightsOf } from '../../support/e2e/thread-rights.js'
import { guardOf } from '../../support/guard-of.js'

const NOBODY = 65_534
const PORT = 5182
const DROPPED = 'dropped root'

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft'],
  'a tunnel that changes its host and gives up root',
  () => {
    const lab = groupFullTunnelLab()

    it('puts back routes, rules, packet filter, settings and name servers, and runs the last hooks as its user', async () => {
      const { client, server } = lab
      const before = [await stateOf(client), await stateOf(server)]
      const far = lab.up(
        server,
        lab.serverFile(`udp://[::]:${PORT}`, ['forward = true', 'nat = true', 'user = "nobody"']),
      )
      await far.line(DROPPED)
      const more = [
        'user = "nobody"',
        'kill-switch = true',
        `dns = ["${WORLD.ipv4}"]`,
        ...['pre-up', 'post-up', 'pre-down', 'post-down'].map((hook) => `${hook} = ["id -u"]`),
      ]
      const endpoint = `udp://${OUTER}:${PORT}`
      const near = lab.up(client, lab.clientFile({ endpoint, allowed: ['0.0.0.0/0', '::/0'], more }))
      await near.line(DROPPED)
      for (const { pid } of [near, far]) expect(excessOf(rightsOf(pid), NOBODY, NOBODY)).toEqual([])
      expect(await lossOf(client, WORLD.ipv4, 50)).toBe('0%')
      expect(await lossOf(client, WORLD.ipv6, 50)).toBe('0%')

      for (const end of [near, far]) {
        end.kill('SIGTERM')
        expect(await end.ending()).toEqual({ code: 0, signal: null })
        expect(errorsOf(end)).toEqual([])
        expect(complaintsOf(end)).toEqual([])
      }
      expect([await stateOf(client), await stateOf(server)]).toEqual(before)
      expect(
        logOf(near).flatMap(({ hook, line }) => (line === undefined ? [] : [`${hook} ${line}`])),
      ).toEqual(['PreUp 0', 'PostUp 0', `PreDown ${NOBODY}`, `PostDown ${NOBODY}`])
      expect(readdirSync(lab.runFolder)).toEqual([])
    })

    it('leaves what can be restored by the next start or qanat down, where it is killed', async () => {
      const { client } = lab
      const before = await stateOf(client)
      const endpoint = `udp://${OUTER}:${PORT}`
      const trace = join(lab.folder, 'trace')
      const more = ['user = "nobody"', 'dns = ["9.9.9.9"]', `post-down = ["touch ${trace}"]`]
      const file = lab.clientFile({ endpoint, allowed: ['0.0.0.0/0'], more })
      const near = lab.up(client, file)
      await near.line(DROPPED)
      process.kill(guardOf(near), 'SIGKILL')
      near.kill('SIGKILL')
      await near.ending()
      expect(await stateOf(client)).not.toBe(before)
      const down = lab.down(client, file)
      await down.output()
      expect(await stateOf(client)).toBe(before)
      // The journal was that user's, so root takes commands from the file alone.
      expect(existsSync(trace)).toBe(true)
    })

    it('has root undo nothing by forged lines of its journal, and all that root noted', async () => {
      const { client } = lab
      await client.run('nft', 'add', 'table', 'inet', 'qanat-other')
      const before = await stateOf(client)
      const endpoint = `udp://${OUTER}:${PORT}`
      const more = ['user = "nobody"', 'kill-switch = true', 'dns = ["9.9.9.9"]', 'forward = true']
      const file = lab.clientFile({ endpoint, allowed: ['0.0.0.0/0'], more })
      const near = lab.up(client, file)
      await near.line(DROPPED)
      const nameServers = await client.run('cat', '/etc/resolv.conf')
      process.kill(guardOf(near), 'SIGKILL') // which would restore the host before anything is forged
      near.kill('SIGKILL')
      await near.ending()
      const journal = readdirSync(lab.runFolder).find((name) => name.endsWith('.journal'))!
      const forged = [
        { kind: 'firewall', table: 'qanat-other' },
        { kind: 'name-servers', before: 'nameserver 6.6.6.6\n', after: nameServers },
        { kind: 'setting', path: '/proc/sys/net/ipv6/conf/wire/accept_ra', before: '0', after: null },
      ]
      appendFileSync(join(lab.runFolder, journal), forged.map((line) => `${JSON.stringify(line)}\n`).join(''))
      await lab.down(client, file).output()
      expect(await stateOf(client)).toBe(before)
      expect(readdirSync(lab.runFolder)).toEqual([])
      await client.run('nft', 'delete', 'table', 'inet', 'qanat-other')
    })
  },
)
