import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { Program } from '../../../lab/program.js'

const BENCHMARK = join(import.meta.dirname, '../../../dist/bench/idle-clients.js')
const CLIENTS = 200
const SECONDS = 3
/** KiB for each client. */
const MEMORY_LIMIT = 40
/** Times for each client that the server is woken meanwhile: they and those before them, whose handshakes are just over. */
const MOST_WAKE_UPS = 1
/** Milliseconds for 400 handshakes and the rest, on a machine with other work. */
const PATIENCE = 300_000
vi.setConfig({ testTimeout: PATIENCE + 10_000 })

it('ends with the error of a server that does not start', async () => {
  const benchmark = new Program(process.execPath, [BENCHMARK, '1', '1', 'gopher'])
  await expect(benchmark.output()).rejects.toThrow("Cannot choose transport 'gopher'")
})

for (const scheme of ['ws', 'wss']) {
  it(`serves ${CLIENTS} idle clients over ${scheme} with ${MEMORY_LIMIT} KiB each and hardly wakes for them`, async ({
    annotate,
  }) => {
    const benchmark = new Program(process.execPath, [BENCHMARK, String(CLIENTS), String(SECONDS), scheme])
    const report = await benchmark.output(PATIENCE)
    await annotate(report)
    expect(Number(/ (\S+) KiB each/.exec(report)![1])).toBeLessThanOrEqual(MEMORY_LIMIT)
    expect(Number(/wake-ups meanwhile: (\S+) /.exec(report)![1])).toBeLessThanOrEqual(MOST_WAKE_UPS)
  })
}
