import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatTable } from '../../src/cli/output/table.js'
import { ARENA_BYTES } from '../../src/native/base/arena.js'
import { ping, warm } from '../measure/ping.js'
import { median } from '../measure/statistics.js'
import { RunningTunnel } from '../measure/tunnel.js'
import type { System } from '../systems/system.js'
import { PAGE_KINDS, referencedPages, type TouchedPages } from './referenced-pages.js'

/** Pings that warm a tunnel up, and goes of which the median counts. */
const [WARM_UP, GOES] = [10_000, 15]
/** Milliseconds that an end rests before its pages are forgotten, and in which it deals with a packet or with nothing. */
const [REST, MOMENT] = [300, 100]

/** The pages of 4 KiB that the listening end touches for a lone ping through it, its answer included. */
export interface LonePacketPages {
  readonly name: string
  /** In a moment with one ping, and in one without. */
  readonly touched: TouchedPages
  readonly idle: TouchedPages
}

/** Counts pages by what the kernel notes of them: writes 1 to /proc/PID/clear_refs, and reads `Referenced` of /proc/PID/smaps. */
export async function countPages(
  systems: readonly System[],
  say: (line: string) => void,
): Promise<LonePacketPages[]> {
  const results: LonePacketPages[] = []
  for (const system of systems) {
    say(`${system.name}: ${WARM_UP} pings, then ${GOES} lone ones`)
    results.push(await RunningTunnel.with(system, (tunnel) => pagesOf(system.name, tunnel)))
  }
  return results
}

/** Lines for a terminal. */
export function pagesLines(results: readonly LonePacketPages[]): string[] {
  const columns = ['system', '', 'all', ...PAGE_KINDS].map((title, index) => ({ title, numeric: index > 1 }))
  const row = (name: string, moment: string, pages: TouchedPages) => [
    name,
    moment,
    ...[PAGE_KINDS.reduce((sum, kind) => sum + pages[kind], 0), ...PAGE_KINDS.map((kind) => pages[kind])].map(
      String,
    ),
  ]
  return formatTable(
    columns,
    results.flatMap(({ name, touched, idle }) => [row(name, 'a ping', touched), row(name, 'none', idle)]),
  )
}

async function pagesOf(name: string, { address, ends, lab }: RunningTunnel): Promise<LonePacketPages> {
  const [, far] = ends
  if (far === undefined) throw new Error(`Cannot count the pages of ${name}: it has no ends`)
  await warm(lab.near, address, WARM_UP)
  const during = async (work: () => Promise<unknown>) => {
    await sleep(REST)
    writeFileSync(`/proc/${far.pid}/clear_refs`, '1')
    await work()
    await sleep(MOMENT)
    return referencedPages(readFileSync(`/proc/${far.pid}/smaps`, 'utf8'), ARENA_BYTES)
  }
  const [touched, idle]: [TouchedPages[], TouchedPages[]] = [[], []]
  for (let go = 0; go < GOES; go++) {
    touched.push(await during(() => ping(lab.near, address, 1)))
    idle.push(await during(async () => {}))
  }
  return { name, touched: middle(touched), idle: middle(idle) }
}

/** The median of each kind. */
function middle(all: readonly TouchedPages[]): TouchedPages {
  const of = (kind: keyof TouchedPages) => median(all.map((pages) => pages[kind]))
  return Object.fromEntries(PAGE_KINDS.map((kind) => [kind, of(kind)])) as unknown as TouchedPages
}
