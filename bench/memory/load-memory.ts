import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Program } from '../../lab/program.js'
import { temporaryFolder } from '../../lab/temporary-folder.js'
import { ARENA_BYTES } from '../../src/native/base/arena.js'
import { Iperf } from '../measure/iperf.js'
import { RunningTunnel } from '../measure/tunnel.js'
import type { System } from '../systems/system.js'
import { residentParts } from './smaps.js'
import type { ToldHeap } from './tell-heap.js'

/** Milliseconds: from the first ping until an end is at rest, and until it has told of its heap. */
const [REST, TELLING] = [3_000, 200]
/** Tries to read what an end tells of its heap. */
const TRIES = 50

/** What the larger end has in memory at a moment, in bytes. */
export interface MemoryParts {
  readonly moment: 'idle' | 'loaded'
  readonly files: number
  readonly arena: number
  /** V8's heap, and what lies in it. */
  readonly heap: number
  readonly heapUsed: number
  /** What malloc gave out, optimized code, stacks. */
  readonly rest: number
}

/** Measures both moments of a tunnel: when it rests, and right behind a stream each way. */
export async function memoryUnderLoad(system: System, seconds: number): Promise<MemoryParts[]> {
  const heaps = temporaryFolder()
  const told = pathToFileURL(join(import.meta.dirname, 'tell-heap.js')).href
  Object.assign(process.env, { NODE_OPTIONS: `--import=${told}`, QANAT_BENCH_HEAPS: heaps })
  try {
    return await RunningTunnel.with(system, async ({ address, ends, lab }) => {
      await sleep(REST)
      const idle = await largest('idle', ends, heaps)
      await new Iperf(lab, address).tcp(seconds, '--bidir')
      return [idle, await largest('loaded', ends, heaps)]
    })
  } finally {
    for (const name of ['NODE_OPTIONS', 'QANAT_BENCH_HEAPS']) delete process.env[name]
  }
}

async function largest(
  moment: MemoryParts['moment'],
  ends: readonly Program[],
  heaps: string,
): Promise<MemoryParts> {
  const all = await Promise.all(
    ends.map(async (end): Promise<MemoryParts> => {
      const { files, arena, anonymous } = residentParts(
        readFileSync(`/proc/${end.pid}/smaps`, 'utf8'),
        ARENA_BYTES,
      )
      const { resident, used } = await heapOf(end, join(heaps, `${end.pid}.json`))
      return { moment, files, arena, heap: resident, heapUsed: used, rest: anonymous - resident }
    }),
  )
  const whole = ({ files, arena, heap, rest }: MemoryParts) => files + arena + heap + rest
  return all.reduce((one, other) => (whole(other) > whole(one) ? other : one))
}

async function heapOf(end: Program, file: string): Promise<ToldHeap> {
  rmSync(file, { force: true })
  end.kill('SIGUSR2')
  for (let tries = 0; ; tries++) {
    await sleep(TELLING)
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch (thrown) {
      if (tries === TRIES) throw thrown
    }
  }
}
