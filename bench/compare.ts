import { writeFileSync } from 'node:fs'
import { asError } from '../src/core/api/errors.js'
import { hasProgram } from './find-program.js'
import { foreignLoad } from './measure/foreign-load.js'
import { thisMachine } from './measure/machine.js'
import { measureSystem } from './measure/measure-system.js'
import type { Figures } from './measure/metrics.js'
import { mediansOf, type Results, ratiosOf, type SystemResult } from './measure/results.js'
import type { Options } from './options.js'
import { chart } from './report/chart.js'
import { percent, resultLines } from './report/tables.js'
import { REFERENCE } from './systems/all-systems.js'
import type { System } from './systems/system.js'

/**
 * Measures systems in turns, as often as asked for: the machine's speed drifts, so that only what ran close
 * together may be compared. Writes the table to standard output, and files if they are asked for.
 */
export async function compare(options: Options, say: (line: string) => void): Promise<void> {
  const machine = thisMachine()
  let busiest = 0
  const runs = new Map<System, Figures[]>(options.systems.map((system) => [system, []]))
  for (let round = 1; round <= options.repeat; round++) {
    for (const [system, figures] of runs) {
      if (missingOf(system) !== undefined) continue
      const busy = await foreignLoad()
      busiest = Math.max(busiest, busy)
      say(`${system.name}, round ${round} of ${options.repeat}; other things take ${percent(busy)}`)
      try {
        figures.push(await measureSystem(system, options, say))
      } catch (thrown) {
        say(`  failed: ${asError(thrown).message}`)
      }
    }
  }
  const { seconds, repeat, short } = options
  const systems = resultsOf(runs)
  const results: Results = {
    machine,
    seconds,
    repeat,
    short,
    foreignLoad: busiest,
    reference: REFERENCE,
    systems,
  }
  process.stdout.write(`${resultLines(results).join('\n')}\n`)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  if (options.svg !== undefined) writeFileSync(options.svg, chart(results))
}

function resultsOf(all: ReadonlyMap<System, readonly Figures[]>): SystemResult[] {
  const reference = [...all].find(([{ name }]) => name === REFERENCE)
  const referenceMedians = mediansOf(reference?.[1] ?? [])
  return [...all].map(([system, runs]) => {
    const { name, summary } = system
    const missing = missingOf(system)
    const median = mediansOf(runs)
    const ratio = ratiosOf(median, referenceMedians)
    return { name, summary, ...(missing !== undefined && { missing }), runs, median, ratio }
  })
}

function missingOf({ programs, source }: System): string | undefined {
  const missing = programs.filter((program) => !hasProgram(program))
  return missing.length === 0 ? undefined : `missing (${missing.join(', ')}); to get it: ${source}`
}
