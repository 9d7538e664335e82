import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { QANAT } from '../../../lab/lab.js'
import type { Program } from '../../../lab/program.js'
import { chosen, killingAt, notingCalls, pointsIn } from '../../support/e2e/kill-points.js'
import { FullTunnelLab, OUTER, SERVER, stateOf } from '../../support/e2e/labs/full-tunnel-lab.js'
import { describeWhere } from '../../support/e2e/requirements.js'
import { tellProgress } from '../../support/e2e/tell-progress.js'
import { eventually } from '../../support/eventually.js'
import { guardOf } from '../../support/guard-of.js'

const PORT = 5184
/** All that a file can ask of the host. What a hook changed before it was killed is the user's own business. */
const EVERYTHING = [
  'kill-switch = true',
  `dns = ["${SERVER.ipv4}", "example.org"]`,
  'nat = true',
  'pre-up = ["true"]',
  'post-down = ["true"]',
]
/** "all" or a number of points of each life, and which ones. */
const COUNT = process.env.QANAT_KILL_POINTS ?? '5'
const SEED = Number(process.env.QANAT_KILL_SEED ?? 14)
/** Milliseconds. A point takes about three seconds on an idle machine. */
const TIMEOUT = COUNT === 'all' ? 6 * 3_600_000 : 60_000 + Number(COUNT) * 20_000
/** Milliseconds: what the guard starts is killed at the same point, and started again a few times. */
const PATIENCE = 120_000
const UP = 'TUN device is up'

describeWhere(
  [
    ...(['root', 'koffi', '/dev/net/tun', 'program ip', 'program nft'] as const),
    ...(['program sysctl', 'program strace'] as const),
  ],
  'a process that is killed at a system call that changes something',
  () => {
    let lab: FullTunnelLab
    let before: string
    let number = 0
    beforeAll(async () => {
      lab = new FullTunnelLab()
      await lab.prepare()
      before = await stateOf(lab.client)
    })
    afterEach(() => lab.clear())
    afterAll(() => lab.remove())

    it(
      'leaves what the next start or "qanat down" undoes: while it starts, reloads and ends',
      () => everyPoint(life),
      TIMEOUT,
    )

    it(
      'leaves what "qanat down" undoes: while it undoes what another one left',
      () =>
        everyPoint(async (words) => {
          const killed = await started([])
          process.kill(guardOf(killed), 'SIGKILL')
          await end(killed, 'SIGKILL')
          await run(words, 'down').ended
        }),
      TIMEOUT,
    )

    /** Lets a process live once to know its calls, and again to be killed at each of them or at some. */
    async function everyPoint(live: (words: readonly string[]) => Promise<void>): Promise<void> {
      const notes = join(lab.folder, `calls-${number++}`)
      await live(notingCalls(notes))
      await restored('down')
      const points = pointsIn(notes)
      expect(points.length).toBeGreaterThan(20)
      const some = COUNT === 'all' ? points : chosen(points, Number(COUNT), SEED)
      for (const [index, point] of some.entries()) {
        await live(killingAt(point)).catch((thrown) => {
          throw new Error(`Killed before call ${point.count} of ${point.call}: ${thrown}`, { cause: thrown })
        })
        const left = await restored(index % 2 === 0 ? 'down' : 'start')
        expect({ point, ...left }).toEqual({ point, state: before, files: [] })
        await lab.clear()
        tellProgress(`${index + 1} of ${some.length} points`)
      }
    }

    /** Starts a tunnel, has it reload its file and ends it, as far as it lives. */
    async function life(words: readonly string[]): Promise<void> {
      clientFile()
      const tunnel = run(words, 'up')
      if (!(await isUp(tunnel))) return
      clientFile(['10.77.0.0/24'])
      await eventually('it has read its file again, or is gone', async () => {
        const asked = await run([], 'reload').ended
        return asked.code === 0 || !(await isRunning(tunnel))
      })
      await run([], 'down').ended
      await tunnel.ending(PATIENCE)
    }

    /** What is left once the next start has ended in order, or "qanat down" was called, twice if there was nothing. */
    async function restored(by: 'start' | 'down'): Promise<{ state: string; files: string[] }> {
      if (by === 'start') await end(await started([]), 'SIGTERM')
      else await run([], 'down').ended
      const files = [lab.runFolder, lab.stateFolder].flatMap((folder) => filesIn(folder))
      return { state: await stateOf(lab.client), files }
    }

    async function started(words: readonly string[]): Promise<Program> {
      clientFile()
      const tunnel = run(words, 'up')
      expect(await isUp(tunnel)).toBe(true)
      return tunnel
    }

    function run(words: readonly string[], command: 'up' | 'reload' | 'down'): Program {
      const [program, ...args] = [...words, process.execPath, QANAT, command, join(lab.folder, 'client.toml')]
      return lab.client.start(program!, args, { env: lab.environment })
    }

    async function end(tunnel: Program, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
      tunnel.kill(signal)
      await tunnel.ending()
    }

    function clientFile(more: readonly string[] = []): void {
      lab.clientFile({
        endpoint: `udp://${OUTER}:${PORT}`,
        allowed: ['0.0.0.0/0', ...more],
        more: EVERYTHING,
      })
    }
  },
)

/** False if it ends before. */
function isUp(tunnel: Program): Promise<boolean> {
  return tunnel.line(UP).then(
    () => true,
    () => false,
  )
}

function isRunning(tunnel: Program): Promise<boolean> {
  return Promise.race([
    tunnel.ended.then(() => false),
    new Promise<boolean>((resolve) => setImmediate(resolve, true)),
  ])
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
