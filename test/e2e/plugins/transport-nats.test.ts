import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { fixture } from '../../../lab/lab.js'
import { peakBytes, residentBytes } from '../../../lab/process-usage.js'
import type { Program } from '../../../lab/program.js'
import { lossOf } from '../../support/e2e/connect.js'
import { copy, copyEachWay } from '../../support/e2e/labs/copy.js'
import {
  CAPTURED_TUNNEL,
  CLIENT,
  groupFullTunnelLab,
  OUTER,
  SERVER,
  WORLD,
} from '../../support/e2e/labs/full-tunnel-lab.js'
import { endCleanly, killEachEnd } from '../../support/e2e/labs/kill-each-end.js'
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
/** Has an end tell what memory it holds, and collect the rest: V8 would let that grow by up to 48 MB, and keep it. */
const TELLS_HELD = { NODE_OPTIONS: `--import=${fixture('preloads/memory-held.js')}` }
const HELD = /^holds (\d+) bytes$/
/** Bytes after which an end's heap is as large as it is for long, and of a copy while it is measured. */
const WARM_UP = 20_000_000
const COPIED_SLOWLY = (IS_FULL ? 256 : 64) * 2 ** 20
/** Milliseconds of twice as many that the far end stands still. */
const STANDSTILL = 150
/** Milliseconds between looks at what is held during a flood. */
const LOOK = 500
/** Megabits a second of a slow wire, and of more than 64 MB of UDP that are sent into it. */
const SLOW = 20
const FLOOD = ['-u', '-l', '1200', '-b', '200M', '-t', '4']
/** Bytes that an end may hold more while the other one takes slowly, and by which its process may grow if it collects the rest. */
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
        await copyEachWay(lab, COPIED)

        const world = new Pings(lab.client, WORLD.ipv4)
        await world.firstAfter(Date.now())
        const killed = Date.now()
        servers[0]!.kill('SIGKILL')
        await client.line('the next NATS server took over')
        await world.firstAfter(Date.now())
        expect(world.longestGap(killed)).toBeLessThan(KILLED)
        if (IS_FULL) await fallSilent(servers[1]!, world)
        await world.stop()

        const again = await killEachEnd(lab, { server, serve, client, call })
        expect(capture.stdout).toEqual([])
        await endCleanly(again, lab.client)
      },
      TIMEOUT,
    )

    it(
      'holds little memory while the far end stands still, or the wire is slow, and loses nothing',
      async ({ annotate }) => {
        await cluster()
        const server = await serve()
        const client = await call()
        const ends = [server, client]
        await copyEachWay(lab, WARM_UP)
        const before = await Promise.all(ends.map(holds))
        const resident = ends.map(({ pid }) => residentBytes(pid))
        for (const { pid } of ends) writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK)
        const held = async (end: Program) => (await holds(end)) - before[ends.indexOf(end)]!

        let most = 0
        const copying = copy(lab.server, lab.client, SERVER.ipv4, COPIED_SLOWLY)
        let isOver = false
        const over = copying.finally(() => {
          isOver = true
        })
        let steps = 0
        for (; !isOver; steps++) {
          client.kill('SIGSTOP')
          await sleep(STANDSTILL)
          most = Math.max(most, await held(server))
          client.kill('SIGCONT')
          await sleep(STANDSTILL)
        }
        await over
        expect(steps).toBeGreaterThan(2)
        expect(most).toBeLessThan(GROWTH)

        await lab.lab.limit(SLOW, 50)
        lab.server.start('iperf3', ['-s', '-B', SERVER.ipv4])
        const flood = lab.client.start('iperf3', ['-c', SERVER.ipv4, ...FLOOD])
        let isFlooding = true
        const flooded = flood.ending(TIMEOUT).finally(() => {
          isFlooding = false
        })
        while (isFlooding) {
          most = Math.max(most, ...(await Promise.all(ends.map(held))))
          await sleep(LOOK)
        }
        await flooded
        expect(most).toBeLessThan(GROWTH)
        const grown = ends.map(({ pid }, index) => peakBytes(pid) - resident[index]!)
        expect(Math.max(...grown)).toBeLessThan(GROWTH)
        await annotate(`held at most: ${most} bytes more, grown at most: ${grown.join(' and ')}`)
        expect(await lossOf(lab.client, SERVER.ipv4, PINGS)).toBe('0%')
        await endCleanly(client, lab.client)
      },
      TIMEOUT,
    )

    /** Bytes that an end holds. */
    async function holds(end: Program): Promise<number> {
      const told = () => end.stderr.flatMap((line) => HELD.exec(line)?.[1] ?? []).map(Number)
      const { length } = told()
      end.kill('SIGUSR2')
      await eventually('the end tells what it holds', () => told().length > length, true)
      return told().at(-1)!
    }

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

    function serve() {
      return lab.serve(
        lab.serverFile(`nats://${OUTER}:${PORTS[1]}/tests`, [`plugins = ["${PLUGIN}"]`], options()),
        TELLS_HELD,
      )
    }

    function call() {
      return lab.call(
        lab.clientFile({
          endpoint: `nats://${OUTER}:${PORTS[0]}/tests`,
          allowed: ['0.0.0.0/0', '::/0'],
          more: [`plugins = ["${PLUGIN}"]`, 'kill-switch = true'],
          rest: options(),
        }),
        TELLS_HELD,
      )
    }

    function options(): string[] {
      const servers = PORTS.map((port) => `${OUTER}:${port}`)
      return ['[plugin.transport-nats]', `servers = ${JSON.stringify(servers)}`]
    }
  },
)
