import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { addNamespace, removeNamespace } from '../../../lab/namespaces.js'
import type { Program } from '../../../lab/program.js'
import { FullTunnelLab, OUTER, SERVER, stateOf, WORLD } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'
import { guardOf } from '../../support/guard-of.js'

const PORT = 5196
const INSIDE = `blue-${process.pid}`
const FOLDER = `/etc/netns/${INSIDE}`

describeWhere(
  ['root', 'koffi', '/dev/net/tun', 'program ip', 'program ping', 'program nft', 'program sysctl'],
  'a device in a network namespace',
  () => {
    const lab = new FullTunnelLab()
    let before: { readonly inside: string; readonly outside: string }
    let notes: string
    beforeAll(() => lab.prepare())
    beforeEach(async () => {
      addNamespace(INSIDE)
      await inside('ip link set lo up; ip link add lan0 type bridge; ip address add 192.0.2.1/24 dev lan0')
      notes = join(lab.folder, 'notes')
      rmSync(notes, { force: true })
      before = await state()
      const server = lab.up(lab.server, lab.serverFile(`udp://0.0.0.0:${PORT}`))
      await server.line('listening')
    })
    afterEach(async () => {
      await lab.clear()
      if (existsSync(`/run/netns/${INSIDE}`)) removeNamespace(INSIDE)
      rmSync(FOLDER, { recursive: true, force: true })
    })
    afterAll(() => lab.remove())

    it('has all of a full tunnel there and nothing outside, by reload too, and both are as before at the end', async () => {
      const client = lab.up(lab.client, clientFile())
      await client.line(REACHED)
      await inside(`ping -c 1 -w 5 ${WORLD.ipv4} && ping -c 1 -w 5 ${WORLD.ipv6}`)
      expect((await state()).outside).toBe(before.outside)
      expect(await inside('nft list tables; ip -o link show client; cat /etc/resolv.conf')).toMatch(
        /table inet qanat-client.*client:.*nameserver 10\.0\.0\.1/s,
      )
      expect(await hookSaid()).toBe(`${INSIDE} nameserver ${SERVER.ipv4}\n`)
      await lab.reload(lab.client, clientFile([], ['10.99.0.0/16'])).output()
      expect(await inside('ip route show dev client')).toContain('10.99.0.0/16')
      await end(client)
      expect(await state()).toEqual(before)
      expect(existsSync(FOLDER)).toBe(false)
    })

    it('is restored there by the guard after kill -9, but for a kill switch, which the next end removes', async () => {
      const client = lab.up(lab.client, clientFile(['kill-switch = true']))
      await client.line(REACHED)
      await hookSaid()
      await kill(client)
      const left = await state()
      expect(left.outside).toBe(before.outside)
      expect(left.inside).toContain('policy drop')
      expect(existsSync(FOLDER)).toBe(false)
      const next = lab.up(lab.client, clientFile(['kill-switch = true']))
      await next.line(REACHED)
      const runs = async () =>
        (await lab.reload(lab.client, clientFile(['kill-switch = true'])).ending()).code === 0
      await eventually('its start is over', runs, true)
      await end(next)
      expect(await state()).toEqual(before)
    })

    it('has its name servers restored by "qanat down" where the namespace is gone after kill -9', async () => {
      const client = lab.up(lab.client, clientFile())
      await client.line(REACHED)
      process.kill(guardOf(client), 'SIGKILL')
      client.kill('SIGKILL')
      await client.ending()
      removeNamespace(INSIDE)
      expect(existsSync(FOLDER)).toBe(true)
      expect(await lab.down(lab.client, clientFile()).ending()).toEqual({ code: 0, signal: null })
      expect(existsSync(FOLDER)).toBe(false)
      expect(await stateOf(lab.client)).toBe(before.outside)
    })

    it('is refused in one line where there is no such namespace, and nothing is changed', async () => {
      removeNamespace(INSIDE)
      const client = lab.up(lab.client, clientFile())
      expect(await client.ending()).toEqual({ code: 2, signal: null })
      expect(client.stderr.filter((line) => !line.startsWith('{'))).toEqual([
        `qanat: Cannot use the network namespace '${INSIDE}': there is none; make it with 'ip netns add ${INSIDE}'`,
      ])
      expect(await stateOf(lab.client)).toBe(before.outside)
    })

    function clientFile(more: readonly string[] = [], also: readonly string[] = []): string {
      return lab.clientFile({
        endpoint: `udp://${OUTER}:${PORT}`,
        allowed: ['0.0.0.0/0', '::/0', ...also],
        more: [
          `namespace = "${INSIDE}"`,
          `dns = ["${SERVER.ipv4}"]`,
          'nat = true',
          `post-up = ["echo $(ip netns identify) $(grep nameserver /etc/resolv.conf) > ${notes}"]`,
          ...more,
        ],
      })
    }

    function inside(script: string): Promise<string> {
      return lab.client.run('ip', 'netns', 'exec', INSIDE, 'sh', '-c', script)
    }

    async function state() {
      const outside = await stateOf(lab.client)
      const look =
        'ip address; ip -4 rule; ip -6 rule; ip -4 route show table all; ip -6 route show table all; nft list ruleset; sysctl -ar "^net.ipv[46].(conf.(all|default|lo|lan0)|ip_)"'
      return { outside, inside: await inside(look) }
    }

    /** What the hook wrote that runs once the tunnel does. */
    async function hookSaid(): Promise<string> {
      const look = () => (existsSync(notes) ? readFileSync(notes, 'utf8') : '')
      const said = await eventually('the hook is over', look, (text) => text.endsWith('\n'))
      rmSync(notes)
      return said
    }

    async function end(client: Program): Promise<void> {
      client.kill('SIGTERM')
      expect(await client.ending()).toEqual({ code: 0, signal: null })
    }

    async function kill(client: Program): Promise<void> {
      const guard = guardOf(client)
      client.kill('SIGKILL')
      await client.ending()
      await eventually('the guard is done', () => existsSync(`/proc/${guard}`), false)
    }
  },
)
