import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a program loaded and ran. It is the same on every processor. */
export interface Coverage {
  /** Modules of the program and of its dependencies that were loaded. */
  readonly modules: number
  /** Characters of their code, needed or not: one file of a bundle holds many of our modules. */
  readonly characters: number
  /** How often a function ran, or a block within one, such as the body of a loop. */
  readonly executions: number
}

/** A piece of code. */
interface Range {
  /** Of its last character, plus one. */
  readonly endOffset: number
  readonly count: number
}

/** A report of V8's coverage, as Node writes it. */
interface Report {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly { readonly ranges: readonly Range[] }[]
  }[]
}

/**
 * What comes before a script for env(1), so that Node runs it and writes a report into this folder when it ends. Nothing is
 * optimized meanwhile: optimized code counts no calls, and when V8 has made it depends on the processor.
 */
export function countedIn(folder: string): string[] {
  return [`NODE_V8_COVERAGE=${folder}`, process.execPath, '--no-opt']
}

/** What the one program did that was counted in a folder. Node's own modules are left out. */
export function coverageIn(folder: string): Coverage {
  const [file, ...others] = readdirSync(folder)
  if (file === undefined || others.length > 0) {
    throw new Error(
      `Cannot read the coverage: ${folder} has ${others.length + Number(file !== undefined)} reports`,
    )
  }
  const { result } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Report
  const loaded = result.filter(({ url }) => url.startsWith('file:'))
  const ranges = loaded.flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
  // A module's whole code is its first function.
  const characters = loaded.reduce((sum, { functions }) => sum + (functions[0]?.ranges[0]?.endOffset ?? 0), 0)
  return { modules: loaded.length, characters, executions: ranges.reduce((sum, { count }) => sum + count, 0) }
}
