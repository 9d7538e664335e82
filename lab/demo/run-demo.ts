import { type Column, formatTable } from '../../src/cli/output/table.js'
import { asError } from '../../src/core/api/errors.js'
import { type Combination, IN_PROCESS } from './combinations.js'
import { isGood, type Measurement } from './measurement.js'
import { MemoryStage } from './memory-stage.js'
import type { Stage } from './stage.js'

/**
 * Milliseconds for each tunnel to start and to be measured, which takes about two seconds. On a machine with other work it may
 * take twenty times as long; what one tunnel takes is not missing to the next.
 */
const TUNNEL_LIMIT = 60_000

const COLUMNS: readonly Column[] = [
  { title: 'transport' },
  { title: 'cipher' },
  { title: 'hosts' },
  { title: 'pings', numeric: true },
  { title: 'round trip', numeric: true },
  { title: 'copied', numeric: true },
  { title: 'throughput', numeric: true },
  { title: 'hash' },
]

/** Runs every combination, prints what came of each and one table, and returns the exit code. */
export async function runDemo(
  all: readonly Combination[],
  stage: Stage,
  refusal: string | undefined,
): Promise<number> {
  say(introduction(stage, refusal))
  const inProcess = new MemoryStage()
  const rows: string[][] = []
  let failures = 0
  for (const [index, combination] of all.entries()) {
    const { transport, cipher } = combination
    const on = transport === IN_PROCESS ? inProcess : stage
    const outcome = await attempt(on, combination)
    const good = typeof outcome !== 'string' && isGood(outcome)
    if (!good) failures++
    rows.push([transport, cipher, on.hosts, ...cells(outcome)])
    say(
      `[${index + 1}/${all.length}] ${transport} with ${cipher}: ${good ? 'works' : `fails: ${reason(outcome)}`}`,
    )
  }
  process.stdout.write(`\n${formatTable(COLUMNS, rows).join('\n')}\n\n`)
  say(failures === 0 ? 'All tunnels worked.' : `${failures} of ${all.length} tunnels failed.`)
  return failures === 0 ? 0 : 1
}

function introduction(stage: Stage, refusal: string | undefined): string {
  if (refusal === undefined) {
    return `Two private hosts (network namespaces) on a virtual wire, and a tunnel between them for each row.`
  }
  return `Both ends run in ${stage.hosts}, with TUN devices in memory: ${refusal}.`
}

/** What a tunnel achieved, or why it failed. */
async function attempt(stage: Stage, combination: Combination): Promise<Measurement | string> {
  try {
    return await stage.run(combination, TUNNEL_LIMIT)
  } catch (thrown) {
    return asError(thrown).message
  }
}

function reason(outcome: Measurement | string): string {
  if (typeof outcome === 'string') return outcome
  return outcome.hashEqual ? `${outcome.lost} pings were lost` : 'what was copied came out changed'
}

function cells(outcome: Measurement | string): string[] {
  if (typeof outcome === 'string') return ['–', '–', '–', '–', 'failed']
  const { pings, lost, roundTrip, copiedBytes, copySeconds, hashEqual } = outcome
  const megabits = (copiedBytes * 8) / copySeconds / 1e6
  return [
    `${pings - lost}/${pings}`,
    `${roundTrip.toFixed(2)} ms`,
    `${Math.round(copiedBytes / 1e6)} MB`,
    `${Math.round(megabits).toLocaleString('en')} Mbit/s`,
    hashEqual ? 'equal' : 'DIFFERENT',
  ]
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
