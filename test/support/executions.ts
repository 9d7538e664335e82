import { type Profiler, Session } from 'node:inspector'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'

/** Where the code is whose executions count. */
const SOURCES = pathToFileURL(join(import.meta.dirname, '../../src/')).href

/**
 * Counts how often pieces of the program's own code ran: each function, and each block within one, such as the body
 * of a loop. V8 counts them for coverage; the number is the same on every processor, so work that grows with the
 * peers shows as a number that grows.
 *
 * Blocks count only in functions that are first called after this was made: make it before what is to be counted.
 */
export class Executions {
  readonly #session = new Session()

  constructor() {
    this.#session.connect()
    this.#session.post('Profiler.enable')
    this.#start()
  }

  /** How many pieces of code `work` ran. */
  during(work: () => void): number {
    this.#begin()
    work()
    return this.#end()
  }

  /** The same of work that waits for something. */
  async duringAsync(work: () => Promise<void>): Promise<number> {
    this.#begin()
    await work()
    return this.#end()
  }

  close(): void {
    this.#session.post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  /** Throws optimized code away, which counts no calls, and lets none be made until the end. */
  #begin(): void {
    setFlagsFromString('--no-opt')
    this.#start()
    this.#take()
  }

  #end(): number {
    const executions = this.#take()
    setFlagsFromString('--opt')
    return executions
  }

  #start(): void {
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  /** Since it was last asked. A session in the same thread answers within the call. */
  #take(): number {
    let sum = 0
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error) throw error
      sum = executionsIn(result)
    })
    return sum
  }
}

/** The executions in a report of V8's coverage. */
function executionsIn(scripts: readonly Profiler.ScriptCoverage[]): number {
  let sum = 0
  for (const { url, functions } of scripts) {
    if (!url.startsWith(SOURCES) && !`file://${url}`.startsWith(SOURCES)) continue
    for (const { ranges } of functions) for (const { count } of ranges) sum += count
  }
  return sum
}
