import { writeFileSync } from 'node:fs'
import { asError } from '../src/core/api/errors.js'
import { hasProgram } from './find-program.js'
import { foreignLoad } from './measure/foreign-load.js'
import { thisMachine } from './measure/machine.js'
import { measurePart } from './measure/parts.js'
import { type Results, type Run, ratiosOf, type SystemResult, summaryOf } from './measure/results.js'
import type { Options } from './options.js'
import { chart } from './report/chart.js'
import { percent, resultLines } from './report/tables.js'
import type { System } from './systems/system.js'
import { turnsOf } from './turns.js'

/**
 * Measures systems in turns, part by part, as often as asked for: the machine's speed drifts, so that only what ran close
 * together may be compared. Writes the table to standard output, and files if they are asked for.
 */
export async function compare(options: Options, say: (line: string) => void): Promise<void> {
  const machine = thisMachine()
  const { seconds, repeat, short, reference } = options
  let busiest = 0
  const runs = new Map<System, Run[]>(options.systems.map((system) => [system, []]))
  const turns = turnsOf(
    options.systems.filter((system) => missingOf(system) === undefined),
    reference,
  )
  for (let round = 1; round <= repeat; round++) {
    for (const part of options.parts) {
      const busy = await foreignLoad()
      busiest = Math.max(busiest, busy)
      say(`${part}, round ${round} of ${repeat}; other things take ${percent(busy)}`)
      for (const system of turns) {
        say(` ${system.name}`)
        try {
          runs.get(system)!.push({ round, readings: await measurePart(part, system, options, say) })
        } catch (thrown) {
          say(`  failed: ${asError(thrown).message}`)
        }
      }
    }
  }
  const systems = resultsOf(runs, reference)
  const results: Results = { machine, seconds, repeat, short, foreignLoad: busiest, reference, systems }
  process.stdout.write(`${resultLines(results).join('\n')}\n`)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  if (options.svg !== undefined) writeFileSync(options.svg, chart(results))
}

function resultsOf(all: ReadonlyMap<System, readonly Run[]>, reference: string): SystemResult[] {
  const others = [...all].find(([{ name }]) => name === reference)?.[1] ?? []
  return [...all].map(([system, runs]) => {
    const { name, summary } = system
    const missing = missingOf(system)
    const ratio = ratiosOf(runs, others)
    return { name, summary, ...(missing !== undefined && { missing }), runs, ...summaryOf(runs), ratio }
  })
}

function missingOf({ programs, source }: System): string | undefined {
  const missing = programs.filter((program) => !hasProgram(program))
  return missing.length === 0 ? undefined : `missing (${missing.join(', ')}); to get it: ${source}`
}
