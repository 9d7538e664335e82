import 'reflect-metadata'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { formatTable } from '../../src/cli/output/table.js'
import { thisMachine } from '../measure/machine.js'
import { aeadStages } from './aead-stages.js'
import { cipherStages } from './cipher-stages.js'
import { framingStages } from './framing-stages.js'
import { offloadStages } from './offload-stages.js'
import { routingStages } from './routing-stages.js'
import { measureStage, type StageResult } from './stage.js'
import { tlsStages } from './tls-stages.js'
import { udpStages } from './udp-stages.js'

/*
 * node dist/bench/stages/main.js [--only TEXT] [--json FILE]: what each step of a packet's way costs in CPU
 * time, in one process and without the kernel. `--only route` measures the stages whose names hold 'route'.
 */

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } })

const all = [
  ...aeadStages(),
  ...(await cipherStages()),
  ...(await udpStages()),
  ...offloadStages(),
  ...framingStages(),
  ...tlsStages(),
  ...routingStages(),
]
const chosen = all.filter(({ name }) => name.includes(values.only ?? ''))
const results: StageResult[] = []
for (const [index, stage] of chosen.entries()) {
  process.stderr.write(`${index + 1} of ${chosen.length}: ${stage.name}, ${stage.bytes ?? 'any'} bytes\n`)
  results.push(measureStage(stage))
}
const columns = [
  { title: 'stage' },
  { title: 'bytes', numeric: true },
  { title: 'ns per packet', numeric: true },
  { title: 'Gbit/s', numeric: true },
]
const rows = results.map(({ name, bytes, nanoseconds, gigabits }) => [
  name,
  bytes?.toString() ?? '–',
  nanoseconds.toFixed(nanoseconds < 100 ? 1 : 0),
  gigabits?.toFixed(1) ?? '–',
])
process.stdout.write(`${formatTable(columns, rows).join('\n')}\n`)
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ machine: thisMachine(), results }, null, 2)}\n`)
}
process.exit(0)
