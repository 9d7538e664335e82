import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { INNER } from '../../../lab/lab.js'
import { Firewall } from '../../support/e2e/firewall.js'
import { groupLab } from '../../support/e2e/labs/group-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const NAME = 'vpn.example.org'
const KEY = ['-k', randomBytes(32).toString('base64')]
/** Milliseconds until a ping each second is answered: the second initiation goes by IPv4, on a busy machine. */
const LIMIT = 8_000

describeWhere(
  ['root', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program sysctl'],
  'a client of a server with addresses of both families',
  () => {
    const lab = groupLab()
    const folders: string[] = []
    afterAll(() => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    })

    it.each(['ipv6', 'ipv4'])('passes pings within seconds if %s is dropped in silence', async (dropped) => {
      const { near, far } = lab
      const folder = join('/etc/netns', await near.run('ip', 'netns', 'identify'))
      folders.push(folder)
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'hosts'), `${far.ipv4} ${NAME}\n${far.ipv6} ${NAME}\n`)
      // Else the kernel sends a few packets of its own into the tunnel, which may change by luck whose turn it is.
      await near.run('sysctl', '-w', 'net.ipv6.conf.default.disable_ipv6=1')
      await new Firewall(lab).rules(`meta nfproto ${dropped} udp dport 1337 drop`)
      await far.qanat(INNER.ipv4[1], INNER.ipv4[0], ...KEY, '--listen', 'udp://[::]:1337').line('listening')
      const client = near.qanat('-p', `${NAME}:1337`, INNER.ipv4[0], INNER.ipv4[1], ...KEY)
      await client.line('TUN device is up')
      const pings = new Pings(near, INNER.ipv4[1], 1_000)
      await eventually('a ping is answered', () => pings.answers.length > 0, true, LIMIT)
      expect(client.stderr.join('\n')).toContain('peer is reached')
    })
  },
)
