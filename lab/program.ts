import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { within } from './deadline.js'

/** How a program ended. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

/** A program that runs, and the lines that it has written so far. */
export class Program {
  readonly stdout: string[] = []
  readonly stderr: string[] = []
  /** Resolves once it has ended and all its lines are here. */
  readonly ended: Promise<Ending>
  readonly #child: ChildProcess
  readonly #waiting = new Set<() => void>()

  constructor(program: string, args: readonly string[], options: ProgramOptions = {}) {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: child[stream] }).on('line', (line) => {
        this[stream].push(line)
        for (const look of this.#waiting) look()
      })
    }
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject).on('close', (code, signal) => {
        resolve({ code, signal })
        for (const look of this.#waiting) look()
      })
    })
    this.ended.catch(() => {}) // code that waits for it is told
  }

  get pid(): number {
    return this.#child.pid!
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** The first line that holds `text`, once it is there; an error where the program ends without it. */
  line(text: string, stream: 'stdout' | 'stderr' = 'stderr'): Promise<string> {
    const find = () => this[stream].find((line) => line.includes(text))
    const found = new Promise<string>((resolve, reject) => {
      const look = () => {
        const line = find()
        if (line === undefined) return
        this.#waiting.delete(look)
        resolve(line)
      }
      this.#waiting.add(look)
      look()
      this.ended.then(() => reject(new Error(`It ended without '${text}': ${this.#said}`)), reject)
    })
    return within(found, `the line '${text}'`)
  }

  /** How it ended, once it has. */
  ending(limit?: number): Promise<Ending> {
    return within(this.ended, `the end of process ${this.pid}`, limit)
  }

  /** Its standard output, once it has ended well; an error otherwise. */
  async output(limit?: number): Promise<string> {
    const { code } = await this.ending(limit)
    if (code !== 0) throw new Error(`It ended with code ${code}: ${this.#said}`)
    return this.stdout.join('\n')
  }

  get #said(): string {
    return [...this.stdout, ...this.stderr].join('\n')
  }
}
