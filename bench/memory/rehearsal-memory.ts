import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSeconds } from '../../lab/process-usage.js'
import { mean, median } from '../measure/statistics.js'
import { RunningTunnel } from '../measure/tunnel.js'
import type { System } from '../systems/system.js'
import { ownBytes } from './smaps.js'

/** Set to 1, it keeps an end from rehearsing. */
const VARIABLE = 'QANAT_NO_REHEARSAL'
/** Milliseconds of a moment, and moments in a row in which an end uses no CPU time to speak of: then it is at rest. */
const [MOMENT, MOMENTS] = [500, 5]
/** Seconds of CPU time in a moment that are none to speak of. */
const STILL = 0.01
/** Moments that an end is waited for at the most. */
const PATIENCE = 80

/** What an idle end of a tunnel has in memory, in bytes: medians of several tunnels. */
export interface RehearsalMemory {
  /** All of it, without rehearsal and how much more with. */
  readonly whole: number
  readonly more: number
  /** The same of what is no other process's as well. */
  readonly own: number
  readonly moreOwn: number
}

/** Starts so many tunnels with and without rehearsal, in turns, and compares their ends once they are at rest. */
export async function memoryOfRehearsal(system: System, rounds: number): Promise<RehearsalMemory> {
  const without: Ends[] = []
  const rehearsed: Ends[] = []
  const given = process.env[VARIABLE]
  try {
    for (let round = 0; round < rounds; round++) {
      process.env[VARIABLE] = '1'
      without.push(await atRest(system))
      process.env[VARIABLE] = ''
      rehearsed.push(await atRest(system))
    }
  } finally {
    if (given === undefined) delete process.env[VARIABLE]
    else process.env[VARIABLE] = given
  }
  const middle = (all: readonly Ends[], field: keyof Ends) => median(all.map((ends) => ends[field]))
  const [whole, own] = [middle(without, 'whole'), middle(without, 'own')]
  return { whole, more: middle(rehearsed, 'whole') - whole, own, moreOwn: middle(rehearsed, 'own') - own }
}

/** Bytes of an end, the mean of both. */
interface Ends {
  readonly whole: number
  readonly own: number
}

function atRest(system: System): Promise<Ends> {
  return RunningTunnel.with(system, async ({ ends }) => {
    await Promise.all(ends.map(({ pid }) => rest(pid)))
    const all = ends.map(({ pid }) => ownBytes(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')))
    return { whole: mean(all.map(({ whole }) => whole)), own: mean(all.map(({ own }) => own)) }
  })
}

/** Resolves once a process does nothing any more. */
async function rest(pid: number): Promise<void> {
  let still = 0
  for (let moments = 0; moments < PATIENCE && still < MOMENTS; moments++) {
    const before = cpuSeconds(pid)
    await sleep(MOMENT)
    still = cpuSeconds(pid) - before <= STILL ? still + 1 : 0
  }
}
