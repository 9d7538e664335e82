import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Program } from '../../../lab/program.js'
import { groupFullTunnelLab, OUTER, SERVER, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { guardOf } from '../../support/guard-of.js'

const PORT = 5197
const FULL = ['0.0.0.0/0', '::/0']
const EVERYTHING = ['kill-switch = true', `dns = ["${SERVER.ipv4}", "example.org"]`, 'nat = true']

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft', 'program sysctl'],
  'a host whose tunnel reads its file again',
  () => {
    const lab = groupFullTunnelLab()

    it('gets all that the file asks for by now, gives it back, and is as before at the end', async () => {
      const before = await stateOf(lab.client)
      const client = await up(clientFile(FULL))
      const plain = await stateOf(lab.client)
      const gone = join(lab.folder, 'gone')
      const hooks = [`post-down = ["touch ${gone}"]`]
      expect(await reload(clientFile(FULL, [...EVERYTHING, ...hooks]))).toEqual([])
      const changed = await stateOf(lab.client)
      for (const part of [
        'policy drop',
        'masquerade',
        `nameserver ${SERVER.ipv4}`,
        'net.ipv4.ip_forward = 1',
      ])
        expect(changed).toContain(part)
      expect(await reload(clientFile(FULL))).toEqual([])
      expect(await stateOf(lab.client)).toBe(plain)
      expect(await reload(clientFile(FULL, hooks))).toEqual([])
      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
      expect(await stateOf(lab.client)).toBe(before)
      expect(existsSync(gone)).toBe(true)
    })

    it('stays closed after kill -9 by a kill switch that came with a reload, and by no other', async () => {
      const before = await stateOf(lab.client)
      const closed = await up(clientFile(FULL))
      expect(await reload(clientFile(FULL, EVERYTHING))).toEqual([])
      await kill(closed)
      expect(await stateOf(lab.client)).toContain('policy drop')
      const open = await up(clientFile(FULL, EVERYTHING))
      expect(await reload(clientFile(FULL))).toEqual([])
      await kill(open)
      expect(await stateOf(lab.client)).toBe(before)
    })

    it('has a guard from the first change on, and tells in one line what takes a start', async () => {
      const before = await stateOf(lab.client)
      const client = await up(clientFile(['10.0.0.0/24']))
      expect(await reload(clientFile(['10.0.0.0/24'], EVERYTHING))).toEqual([
        'qanat: Cannot change the tunnel while it runs: a kill switch needs a mark on what carries the tunnel, which has none; restart it',
      ])
      expect(await reload(clientFile(['10.0.0.0/24'], EVERYTHING.slice(1)))).toEqual([])
      expect(await stateOf(lab.client)).toContain('masquerade')
      await kill(client)
      expect(await stateOf(lab.client)).toBe(before)
    })

    function clientFile(allowed: readonly string[], more: readonly string[] = []): string {
      return lab.clientFile({ endpoint: `udp://${OUTER}:${PORT}`, allowed, more })
    }

    async function up(file: string): Promise<Program> {
      const client = lab.up(lab.client, file)
      await client.line('TUN device is up')
      const runs = async () => (await lab.reload(lab.client, file).ending()).code === 0
      await eventually('its start is over', runs, true)
      return client
    }

    /** What it complained of. */
    async function reload(file: string): Promise<readonly string[]> {
      const asked = lab.reload(lab.client, file)
      await asked.ending()
      return asked.stderr
    }

    async function kill(client: Program): Promise<void> {
      const guard = guardOf(client)
      client.kill('SIGKILL')
      await client.ending()
      await eventually('the guard is done', () => existsSync(`/proc/${guard}`), false)
    }
  },
)
