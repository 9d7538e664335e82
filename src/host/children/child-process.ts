import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import type { Socket } from 'node:net'
import { isAbsolute } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { asError, HostError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { redactText } from '../../core/api/redact.js'
import { ThrottledWarnings } from '../../core/api/throttled-warnings.js'
import type { Child, SpawnOptions } from '../../core/plugin/spawn.js'
import { attempt } from '../../core/time/attempt.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { cleanEnvironment, findProgram, packageOf } from '../../native/process/programs.js'
import { prepareFolder } from './child-folder.js'
import type { ChildPlace } from './child-places.js'
import { LoggedOutput } from './logged-output.js'
import { OutputLines } from './output-lines.js'

/** Milliseconds that a program has to end. */
const PATIENCE = 1_000
/** Milliseconds for what a program that is over wrote last; what it left running may keep the pipe open forever. */
const LAST_WORDS = 200
/**
 * Waits until it is where it is to be. Beside the program a shell, as the same user, tells all of the group to end for each
 * line that it reads, and kills it at the end of its input: when Qanat says so, or is killed.
 */
const SCRIPT = `
read -r _ <&3 || exit 1
(trap '' HUP INT TERM; while read -r _; do kill -TERM 0; done; kill -KILL 0) <&3 3<&- >/dev/null 2>&1 &
exec "$@" 3<&-`

/** What programs are started with. */
export interface ChildParts {
  readonly log: Logger
  readonly clock: Clock
}

/**
 * Starts a program in a place, as the user of that place, with its rights and no more.
 *
 * @throws HostError ERR_PROGRAM if it cannot be.
 */
export async function startChild(
  program: string,
  options: SpawnOptions,
  place: ChildPlace,
  parts: ChildParts,
): Promise<Child> {
  const failure = (thrown: unknown) => {
    const why = redactText(asError(thrown).message)
    return new HostError(`Cannot start '${program}': ${why}`, { code: 'ERR_PROGRAM', cause: thrown })
  }
  try {
    const path = pathOf(program)
    const setpriv = programOrThrow('setpriv')
    const { args = [], env = {}, folder = '/', lowPorts = false } = options
    if (place.user !== undefined && process.getuid!() !== 0) {
      throw new Error('Qanat gave up root, which starts it as a user of its own')
    }
    if (options.folder !== undefined) prepareFolder(folder, place.user, options.files)
    const child = spawn(setpriv, [...rights(place.user, lowPorts), path, ...args], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...env },
      detached: true, // a session, and a group, of its own
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
    const running = new RunningChild(program, child, options, parts)
    if (child.pid === undefined) throw await failed(child)
    try {
      place.enter(child.pid)
    } catch (thrown) {
      running.kill()
      throw thrown
    }
    running.begin()
    return running
  } catch (thrown) {
    throw failure(thrown)
  }
}

/** A program, and the shell beside it. */
class RunningChild implements Child {
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #clock: Clock
  readonly #control: Writable
  #ending: Promise<void> | undefined

  constructor(program: string, child: ChildProcess, { line, signal }: SpawnOptions, parts: ChildParts) {
    const { clock, log } = parts
    this.#child = child
    this.#clock = clock
    this.#control = child.stdio[3] as Writable
    for (const input of [child.stdin, this.#control]) input?.on('error', () => {}) // it ended before
    // A tunnel lives without it, and it ends with the process.
    child.unref()
    for (const stream of child.stdio) (stream as Partial<Socket> | null)?.unref?.()
    const logged = new LoggedOutput(program, log, clock)
    const outputs = [
      linesOf(
        child.stdout!,
        line === undefined ? (text) => logged.take(text) : guarded(line, program, parts),
      ),
      linesOf(child.stderr!, (text) => logged.take(text)),
    ]
    const abort = () => void this.end()
    signal?.addEventListener('abort', abort)
    this.ended = new Promise((resolve) => {
      let lastWords: Timer | undefined
      const finish = (how: string) => {
        lastWords?.cancel()
        signal?.removeEventListener('abort', abort)
        for (const end of outputs) end()
        resolve(how)
      }
      child.on('error', (error) => finish(error.message))
      child.on('exit', (code, killedBy) => {
        this.kill() // what it left running
        const how = code === null ? `it was ended by ${killedBy}` : `it ended with code ${code}`
        lastWords = clock.schedule(LAST_WORDS, () => finish(how))
        child.on('close', () => finish(how))
      })
    })
    if (signal?.aborted) abort()
  }

  begin(): void {
    this.#control.write('\n')
  }

  /** Kills it and what it started. */
  kill(): void {
    this.#control.end()
  }

  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    this.#child.stdin?.end()
    if (this.#control.writable) this.#control.write('\n')
    const timer = this.#clock.schedule(PATIENCE, () => this.kill())
    await this.ended
    timer.cancel()
  }
}

/** What a program says may be a stranger's bytes, so that it is no fault of a tunnel if somebody cannot read it. */
function guarded(
  line: (text: string) => unknown,
  program: string,
  { clock, log }: ChildParts,
): (text: string) => void {
  const warnings = new ThrottledWarnings(log)
  const failed = (thrown: unknown) => {
    const why = redactText(asError(thrown).message)
    warnings.give('cannot take a line of a program', { program, why }, clock.now())
  }
  return (text) => attempt(() => line(text), failed)
}

/** Hands out the lines of an output until the returned function is called. */
function linesOf(output: Readable, take: (line: string) => void): () => void {
  const lines = new OutputLines(take)
  output.setEncoding('utf8')
  output.on('data', (text: string) => lines.push(text))
  output.on('end', () => lines.end())
  return () => {
    output.destroy()
  }
}

/** What setpriv(1) is told: the shell that begins is that user's, and may do no more than the program. */
function rights(user: number | undefined, lowPorts: boolean): string[] {
  const kept = lowPorts ? '-all,+net_bind_service' : '-all'
  const bounds = process.getuid!() === 0 ? [`--bounding-set=${kept}`] : []
  const who = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, '--clear-groups']
  const shell = [findProgram('sh') ?? '/bin/sh', '-c', SCRIPT, 'sh']
  const caps = [`--inh-caps=${kept}`, `--ambient-caps=${kept}`, ...bounds]
  return [...who, '--no-new-privs', ...caps, '--', ...shell]
}

/** Throws an Error if there is no such program. */
function pathOf(program: string): string {
  if (!program.includes('/')) return programOrThrow(program)
  if (!isAbsolute(program)) throw new Error('it is neither a name nor an absolute path')
  accessSync(program, constants.X_OK)
  return program
}

function programOrThrow(name: string): string {
  const path = findProgram(name)
  if (path === undefined)
    throw new Error(`the program '${name}' is missing; install ${packageOf(name) ?? 'it'}`)
  return path
}

/** Why it did not start. */
function failed(child: ChildProcess): Promise<Error> {
  return new Promise((resolve) => child.on('error', resolve))
}
