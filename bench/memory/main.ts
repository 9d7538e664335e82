import 'reflect-metadata'
import { parseArgs } from 'node:util'
import { formatTable } from '../../src/cli/output/table.js'
import { RunningTunnel } from '../measure/tunnel.js'
import { allSystems } from '../systems/all-systems.js'
import { memoryUnderLoad } from './load-memory.js'
import { memoryOfPeers } from './peer-memory.js'
import { memoryOfRehearsal } from './rehearsal-memory.js'

/*
 * node dist/bench/memory/main.js [SECONDS]: whose the memory of an end is, idle and behind SECONDS of a stream each way, which needs
 * root; then what each of 1,000 and of 10,000 peers costs a server. In place of all that with `--rehearsal ROUNDS`: what an idle end has
 * more in memory if it was rehearsed, medians of so many tunnels with and without, in turns, which needs root.
 */

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rehearsal: { type: 'string' } },
})
const SECONDS = Number(positionals[0] ?? 10)
const SYSTEMS = ['qanat-udp', 'qanat-tcp', 'qanat-ws']
const COUNTS = [1_000, 10_000]

process.on('exit', () => RunningTunnel.removeAll())
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
const kibibytes = (bytes: number) => (bytes / 1024).toFixed(1)
const say = (lines: readonly string[]) => process.stdout.write(`${lines.join('\n')}\n\n`)

if (values.rehearsal !== undefined) {
  const rows: string[][] = []
  for (const system of allSystems.filter(({ name }) => SYSTEMS.includes(name))) {
    const { whole, more, own, moreOwn } = await memoryOfRehearsal(system, Number(values.rehearsal))
    rows.push([system.name, ...[whole, more, own, moreOwn].map(megabytes)])
  }
  const titles = ['MB, not rehearsed', 'rehearsed: more', 'shared with no process', 'rehearsed: more']
  say(formatTable([{ title: 'system' }, ...titles.map((title) => ({ title, numeric: true }))], rows))
  process.exit(0)
}
if (process.getuid?.() === 0 && SECONDS > 0) {
  const rows: string[][] = []
  for (const system of allSystems.filter(({ name }) => SYSTEMS.includes(name))) {
    for (const { moment, files, arena, heap, heapUsed, rest } of await memoryUnderLoad(system, SECONDS)) {
      rows.push([
        system.name,
        moment,
        ...[files + arena + heap + rest, files, arena, heap, heapUsed, rest].map(megabytes),
      ])
    }
  }
  const titles = ['MB', 'files', 'arena', 'heap', 'of it used', 'rest']
  const columns = [{ title: 'system' }, { title: '' }, ...titles.map((title) => ({ title, numeric: true }))]
  say(formatTable(columns, rows))
}
const rows: string[][] = []
for (const count of COUNTS) {
  const { peers, idle, idleResident, live, liveResident } = await memoryOfPeers(count)
  rows.push([String(peers), ...[idle, idleResident, live, liveResident].map(kibibytes)])
}
const titles = ['peers', 'idle, KiB each', 'of RSS', 'session, KiB each', 'of RSS']
say(
  formatTable(
    titles.map((title) => ({ title, numeric: true })),
    rows,
  ),
)
process.exit(0)
