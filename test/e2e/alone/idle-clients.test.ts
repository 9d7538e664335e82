import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Program } from '../../../lab/program.js'

const BENCHMARK = join(import.meta.dirname, '../../../dist/bench/idle-clients.js')
const CLIENTS = 200
const SECONDS = 3
/** KiB for each client. */
const MEMORY_LIMIT = 40
/** Percent of one CPU: the measured clients and those before them, whose handshakes are just over. */
const CPU_LIMIT = 5

for (const scheme of ['ws', 'wss']) {
  it(`serves ${CLIENTS} idle clients over ${scheme} with ${MEMORY_LIMIT} KiB each and next to no CPU time`, async ({
    annotate,
  }) => {
    const benchmark = new Program(process.execPath, [BENCHMARK, String(CLIENTS), String(SECONDS), scheme])
    const report = await benchmark.output(60_000)
    await annotate(report)
    expect(Number(/ (\S+) KiB each/.exec(report)![1])).toBeLessThanOrEqual(MEMORY_LIMIT)
    expect(Number(/ (\S+) % of one CPU/.exec(report)![1])).toBeLessThanOrEqual(CPU_LIMIT)
  })
}
