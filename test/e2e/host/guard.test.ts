import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Program } from '../../../lab/program.js'
import { FullTunnelLab, OUTER, SERVER, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { errorsOf } from '../../support/e2e/log.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { guardOf, membersOf, sessionOf, tellToEnd } from '../../support/guard-of.js'

const PORT = 5185
const UP = 'TUN device is up'
/** Bytes of memory that a guard may take. */
const MOST_MEMORY = 5_000_000
/** Milliseconds from a kill until the host is as before. */
const SOON = 2_000
const EVERYTHING = [`dns = ["${SERVER.ipv4}", "example.org"]`, 'nat = true']
const KILL_SWITCH = 'kill-switch = true'

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft', 'program sysctl'],
  'the guard of a tunnel that changes its host',
  () => {
    let lab: FullTunnelLab
    let before: string
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
    })
    beforeEach(async () => {
      before = await stateOf(lab.client)
    })
    afterEach(async () => {
      await lab.clear()
      expect(await stateOf(lab.client)).toBe(before)
      expect(leftInRunFolder()).toEqual([])
    })
    afterAll(() => lab.remove())

    for (const user of [[], ['user = "nobody"']]) {
      it(`restores the host after kill -9, and nobody has to call${user.length > 0 ? ', also as another user' : ''}`, async () => {
        const client = await up([...EVERYTHING, ...user])
        expect(await stateOf(lab.client)).not.toBe(before)
        const killed = performance.now()
        client.kill('SIGKILL')
        await eventually('its files are gone, the last thing that it does', leftInRunFolder, [])
        expect(performance.now() - killed).toBeLessThan(SOON)
        expect(await stateOf(lab.client)).toBe(before)
        await client.ending()
        expect(errorsOf(client)).toEqual([])
      })
    }

    it('ends a hook that still runs after kill -9, and undoes what it did', async () => {
      const rule = 'priority 77 unreachable'
      const again = `for _ in $(seq 500); do sleep 0.01; ip rule add ${rule}; done`
      const client = lab.up(
        lab.client,
        file([
          `post-up = ["ip rule add ${rule}; echo begun; ${again}"]`,
          `post-down = ["ip rule del ${rule}"]`,
        ]),
      )
      await client.line('begun')
      client.kill('SIGKILL')
      await eventually('the host is restored', leftInRunFolder, [])
      await client.ending()
    })

    it('keeps a kill switch after kill -9, and nothing else', async () => {
      const client = await up([...EVERYTHING, KILL_SWITCH])
      client.kill('SIGKILL')
      await client.ending()
      const now = await stateOf(lab.client)
      expect(now).toContain('table inet qanat-client')
      expect(withoutFilter(now)).toBe(withoutFilter(before))
      await standsBySaying(file([]))
      await lab.down(lab.client, file([])).output()
    })

    it('keeps a kill switch if a signal ends a start that took it over, and "qanat down" lifts it', async () => {
      const slow = [KILL_SWITCH, 'post-up = ["echo begun; sleep 30"]']
      const killed = await up([KILL_SWITCH])
      killed.kill('SIGKILL')
      await killed.ending()
      const given = lab.up(lab.client, file(slow))
      await given.line('begun')
      given.kill('SIGTERM')
      await given.ending()
      await standsBySaying(file(slow))
      const again = lab.up(lab.client, file(slow))
      await again.line('begun')
      await lab.down(lab.client, file(slow)).output()
      await again.ending()
      expect(await lab.client.run('nft', 'list', 'tables')).toBe('')
    })

    for (const repair of ['qanat down', 'the next start and its end'] as const) {
      it(`leaves it to ${repair} if it is killed, too`, async () => {
        const client = await up([...EVERYTHING, KILL_SWITCH])
        process.kill(guardOf(client), 'SIGKILL')
        client.kill('SIGKILL')
        await client.ending()
        expect(await stateOf(lab.client)).toContain(`nameserver ${SERVER.ipv4}`)
        if (repair === 'qanat down') await lab.down(lab.client, file([])).output()
        else await end(await up([...EVERYTHING, KILL_SWITCH]))
      })
    }

    it('is small, and goes on after signals that end others until the tunnel ends', async () => {
      const client = await up(EVERYTHING)
      const guard = guardOf(client)
      for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(guard, signal)
      const status = readFileSync(`/proc/${guard}/status`, 'utf8')
      expect(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024).toBeLessThan(MOST_MEMORY)
      expect(sessionOf(guard)).toBe(guard)
      client.kill('SIGKILL')
      await client.ending()
    })

    it('restores the host where a service manager ends all that is left', async () => {
      const client = await up(EVERYTHING)
      const guard = guardOf(client)
      client.kill('SIGKILL')
      let signals = 0
      await eventually('it is gone', async () => {
        const members = membersOf(guard)
        if (signals < 3 && members.length > 1) {
          signals++
          tellToEnd(members)
        }
        return members.length === 0
      })
      expect(signals).toBeGreaterThan(0)
      await client.ending()
    })

    it('lets the next start wait until it is done, and "qanat down", too', async () => {
      const slow = [...EVERYTHING, 'post-down = ["echo begun; sleep 1"]']
      const killed = await up(slow)
      killed.kill('SIGKILL')
      await killed.line('begun')
      await end(await up(EVERYTHING))
      const again = await up(slow)
      again.kill('SIGKILL')
      await again.line('begun')
      await lab.down(lab.client, file(slow)).output()
    })

    it('has nothing to do where the tunnel ends in order', async () => {
      const client = await up([...EVERYTHING, KILL_SWITCH])
      const guard = guardOf(client)
      await end(client)
      expect(membersOf(guard)).toEqual([])
      expect(client.stderr.join()).not.toContain('that was killed')
    })

    it('is not there beside a tunnel that leaves its host alone', async () => {
      const client = lab.up(
        lab.client,
        lab.clientFile({ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['10.0.0.0/24'] }),
      )
      await client.line(UP)
      expect(() => guardOf(client)).toThrow('no guard')
      await end(client)
    })

    /** What "qanat status" says while it stands. */
    async function standsBySaying(path: string): Promise<void> {
      expect(await lab.client.run('nft', 'list', 'tables')).toContain('qanat-client')
      const status = lab.status(lab.client)
      expect(await status.ending()).toEqual({ code: 1, signal: null })
      expect(status.stdout).toEqual([
        `client: ${path}, not running, but its kill switch stands:`,
        '  the packet filter, table inet qanat-client of nftables',
        `  'qanat down ${path}' lifts it, and so does the end of a new start`,
      ])
    }

    function file(more: readonly string[]): string {
      return lab.clientFile({ endpoint: `udp://${OUTER}:${PORT}`, allowed: ['0.0.0.0/0'], more })
    }

    async function up(more: readonly string[]): Promise<Program> {
      const client = lab.up(lab.client, file(more))
      await client.line(more.some((line) => line.startsWith('user')) ? 'dropped root' : UP)
      return client
    }

    async function end(client: Program): Promise<void> {
      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
    }

    function leftInRunFolder(): string[] {
      return readdirSync(lab.runFolder)
    }
  },
)

function withoutFilter(state: string): string {
  return state.replace(/^# nft.*?^# cat/ms, '')
}
