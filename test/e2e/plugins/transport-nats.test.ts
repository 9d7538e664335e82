import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { REACHED } from '../../../lab/lab.js'
import { peakBytes, residentBytes } from '../../../lab/process-usage.js'
import type { Program } from '../../../lab/program.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy } from '../../support/e2e/copy.js'
import { endCleanly, killEachEnd } from '../../support/e2e/kill-each-end.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  groupFullTunnelLab,
  OUTER,
  SERVER,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { Pings } from '../../support/e2e/pings.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { eventually } from '../../support/eventually.js'

const PLUGIN = join(import.meta.dirname, '../../../plugins/transport-nats/index.js')
/** Of the three servers, for clients, and beyond them for each other. */
const PORTS = [4222, 4223, 4224]
const ROUTES = 2000
/** `npm run long -- nats` copies more, and has a server fall silent. */
const IS_FULL = process.env.QANAT_NATS === 'full'
/** Bytes of a copy. */
const COPIED = IS_FULL ? 20_000_000 : 4_000_000
const PINGS = 50
/** Has the kernel count the peak of a process's memory anew. proc_pid_clear_refs(5) */
const RESET_PEAK = '5'
/** Bytes after which an end's heap is as large as it is for long, and of a copy while it is measured. */
const WARM_UP = 20_000_000
const COPIED_SLOWLY = 64 * 2 ** 20
/** Milliseconds of twice as many that the far end stands still. */
const STANDSTILL = 150
/** Megabits a second of a slow wire, and of more than 64 MB of UDP that are sent into it. */
const SLOW = 20
const FLOOD = ['-u', '-l', '1200', '-b', '200M', '-t', '4']
/** Bytes by which an end may grow while the other one takes slowly. */
const GROWTH = 32 * 2 ** 20
/** Milliseconds that a killed server may cost, and one that falls silent. */
const KILLED = 1_000
const SILENT = 5_000
/** Milliseconds for all of it, on a busy machine. */
const TIMEOUT = 120_000

describeWhere(
  [...CAPTURED_TUNNEL, 'program nats-server', 'program iperf3', 'a kernel with the qdisc tbf'],
  'a full tunnel over a cluster of NATS servers',
  () => {
    const lab = groupFullTunnelLab()

    it(
      'loses no ping, carries files each way, survives a server and kill -9 of either end, and lets nothing past it',
      async () => {
        const servers = await cluster()
        const capture = await lab.capture(OUTER, ...PORTS)
        const server = await serve()
        const client = await call()
        expect(await lossOf(lab.client, SERVER.ipv4, PINGS)).toBe('0%')
        expect(await lossOf(lab.server, CLIENT.ipv4, PINGS)).toBe('0%')
        await copy(lab.server, lab.client, SERVER.ipv4, COPIED)
        await copy(lab.client, lab.server, CLIENT.ipv4, COPIED)

        const world = new Pings(lab.client, WORLD.ipv4)
        await world.firstAfter(Date.now())
        const killed = Date.now()
        servers[0]!.kill('SIGKILL')
        await client.line('the next NATS server took over')
        await world.firstAfter(Date.now())
        expect(world.longestGap(killed)).toBeLessThan(KILLED)
        if (IS_FULL) await fallSilent(servers[1]!, world)

        const again = await killEachEnd(world, { server, serve, client, call })
        await world.stop()

        expect(capture.stdout).toEqual([])
        await endCleanly(again, lab.client)
      },
      TIMEOUT,
    )

    it(
      'holds little memory while the far end stands still, or the wire is slow, and loses nothing of 64 MB',
      async () => {
        await cluster()
        const server = await serve()
        const client = await call()
        const ends = [server, client]
        await copy(lab.server, lab.client, SERVER.ipv4, WARM_UP)
        await copy(lab.client, lab.server, CLIENT.ipv4, WARM_UP)
        const before = ends.map(({ pid }) => residentBytes(pid))
        for (const { pid } of ends) writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK)
        const grown = () => ends.map(({ pid }, index) => peakBytes(pid) - before[index]!)

        let steps = 0
        const step = setInterval(() => client.kill(steps++ % 2 === 0 ? 'SIGSTOP' : 'SIGCONT'), STANDSTILL)
        try {
          await copy(lab.server, lab.client, SERVER.ipv4, COPIED_SLOWLY)
        } finally {
          clearInterval(step)
          client.kill('SIGCONT')
        }
        expect(steps).toBeGreaterThan(4)
        expect(Math.max(...grown())).toBeLessThan(GROWTH)

        await lab.lab.limit(SLOW, 50)
        lab.server.start('iperf3', ['-s', '-B', SERVER.ipv4])
        const flood = lab.client.start('iperf3', ['-c', SERVER.ipv4, ...FLOOD])
        await flood.ending(TIMEOUT)
        expect(Math.max(...grown())).toBeLessThan(GROWTH)
        expect(await lossOf(lab.client, SERVER.ipv4, PINGS)).toBe('0%')
        await endCleanly(client, lab.client)
      },
      TIMEOUT,
    )

    async function cluster(): Promise<Program[]> {
      const routes = PORTS.map((port) => `nats://127.0.0.1:${port + ROUTES}`)
      const servers = PORTS.map((port, index) =>
        lab.server.start('nats-server', [
          ...['-a', OUTER, '-p', String(port), '-n', `node-${index}`],
          ...['--cluster_name', 'tests', '--cluster', routes[index]!, '--routes', routes.join(',')],
        ]),
      )
      await Promise.all(servers.map((server) => server.line('Server is ready')))
      return servers
    }

    /** Both ends use the server by now. */
    async function fallSilent(server: Program, world: Pings): Promise<void> {
      const silent = Date.now()
      server.kill('SIGSTOP')
      await eventually('the tunnel stands still', () => world.longestGap(silent) > 1_000, true)
      await world.firstAfter(Date.now())
      expect(world.longestGap(silent)).toBeLessThan(SILENT)
      server.kill('SIGCONT')
    }

    async function serve() {
      const server = lab.up(
        lab.server,
        lab.serverFile(`nats://${OUTER}:${PORTS[1]}/tests`, [`plugins = ["${PLUGIN}"]`], options()),
      )
      await server.line('listening')
      return server
    }

    async function call() {
      const client = lab.up(lab.client, clientFile())
      await client.line(REACHED)
      return client
    }

    function clientFile(): string {
      return lab.clientFile({
        endpoint: `nats://${OUTER}:${PORTS[0]}/tests`,
        allowed: ['0.0.0.0/0', '::/0'],
        more: [`plugins = ["${PLUGIN}"]`, 'kill-switch = true'],
        rest: options(),
      })
    }

    function options(): string[] {
      const servers = PORTS.map((port) => `${OUTER}:${port}`)
      return ['[plugin.transport-nats]', `servers = ${JSON.stringify(servers)}`]
    }
  },
)
