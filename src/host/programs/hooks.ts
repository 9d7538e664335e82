import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'
import { asError, HostError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { redactText } from '../../core/api/redact.js'
import { HOOK_TIMEOUT } from '../../core/settings/host-settings.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { namespaceAtHand } from '../../native/process/namespace-scope.js'
import { findProgram } from '../../native/process/programs.js'
import { type ShellCall, shellCall } from '../../native/process/shell-call.js'
import { type HookProcess, hookProcess, killGroup } from './hook-process.js'
import { patiently } from './patiently.js'

/** Milliseconds for what a hook that is over wrote last; what it left running may keep the pipe open forever. */
const LAST_WORDS = 200
/** Lines of a hook's output that are logged. */
const MAX_LINES = 100
/**
 * Before a command, in its line: it waits until it is noted, and never begins if this process is killed before that. Not by its
 * standard input: bash takes a socket there for a remote shell's, and reads ~/.bashrc.
 */
const ONCE_NOTED = 'read -r _ <&3 && exec 3<&- || exit; '

/** What hooks are run with. */
export interface HookParts {
  readonly log: Logger
  readonly clock: Clock
  /** The user that they run as, by number; whoever the process is if absent. */
  readonly hooksAs?: number | undefined
  /** The file of the tunnel, if it has one. */
  readonly file?: string | undefined
  /** Kills the one that runs. */
  readonly signal?: AbortSignal
  /** Is told of each before it does anything, and once it is over. */
  readonly noteHook?: ((hook: HookProcess | undefined) => void) | undefined
}

/** When a hook runs, as wg-quick calls it. */
export type HookName = 'PreUp' | 'PostUp' | 'PreDown' | 'PostDown'

/** A command of the user. */
interface Hook {
  readonly name: HookName
  /** Counted from 1 among those of its name: its text may hold a secret. */
  readonly number: number
  readonly command: string
  readonly device: string
}

/**
 * Runs commands of the user for a device one after another, each in a shell: `%i` stands for the device, as
 * INTERFACE does, and CONFIG_FILE for the file. They run in the namespace at hand. What they say is logged.
 *
 * @throws HostError ERR_HOOK if one fails, hangs or is killed. At the end (PreDown, PostDown) the others are run
 *   all the same.
 */
export async function runHooks(
  name: HookName,
  device: string,
  commands: readonly string[],
  parts: HookParts,
): Promise<void> {
  const goesOn = name === 'PreDown' || name === 'PostDown'
  let failure: unknown
  for (const [index, text] of commands.entries()) {
    const hook = { name, number: index + 1, command: text.replaceAll('%i', device), device }
    try {
      await patiently(parts.clock, () => runHook(hook, parts))
    } catch (thrown) {
      if (!goesOn) throw thrown
      failure ??= thrown
    }
  }
  if (failure !== undefined) throw failure
}

async function runHook({ command, device, name, number }: Hook, parts: HookParts): Promise<void> {
  const { log, clock, file, hooksAs, noteHook, signal } = parts
  log.debug('running a hook', { hook: name, number })
  const failure = (because: string, cause?: unknown) => {
    const message = `Cannot run ${name} ${number}: ${redactText(because)}`
    return new HostError(message, { code: 'ERR_HOOK', cause })
  }
  let call: ShellCall
  try {
    call = inNamespace(shellCall(ONCE_NOTED.concat(command), hooksAs))
  } catch (thrown) {
    throw failure(asError(thrown).message, thrown)
  }
  return new Promise((resolve, reject) => {
    // A group of its own: what the hook started is killed with it, and Ctrl-C in a terminal does not reach it.
    const child = spawn(call.program, call.args, {
      ...call.options,
      env: { ...call.options.env, INTERFACE: device, ...(file !== undefined && { CONFIG_FILE: file }) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    noteHook?.(hookProcess(child.pid))
    const noted = child.stdio?.[3] as Writable | undefined // without descriptors there is none
    noted?.on('error', () => {}) // it ended before
    noted?.end('\n')
    let first = ''
    let lines = 0
    let why: string | undefined
    const kill = (because: string) => {
      why ??= because
      killGroup(child.pid)
    }
    const timer = clock.schedule(HOOK_TIMEOUT, () =>
      kill(`it did not finish within ${HOOK_TIMEOUT / 1000} s`),
    )
    const abort = () => kill('the tunnel ended')
    signal?.addEventListener('abort', abort)
    const outputs = [child.stdout, child.stderr].flatMap((output) => output ?? []) // as above
    for (const output of outputs) {
      createInterface(output).on('line', (line) => {
        if (first === '') first = line
        if (lines++ < MAX_LINES) log.info('hook output', { hook: name, line })
      })
    }
    let lastWords: Timer | undefined
    const finish = (because: string | undefined, cause?: Error) => {
      timer.cancel()
      lastWords?.cancel()
      signal?.removeEventListener('abort', abort)
      for (const output of outputs) output.destroy()
      noteHook?.(undefined)
      if (because === undefined) return resolve()
      reject(failure(first === '' ? because : `${because}: ${first}`, cause))
    }
    child.on('error', (error) => finish(error.message, error))
    child.on('exit', (code, killedBy) => {
      if (code !== 0) why ??= code === null ? `it was ended by ${killedBy}` : `it ended with code ${code}`
      lastWords = clock.schedule(LAST_WORDS, () => finish(why))
    })
    child.on('close', () => finish(why))
    if (signal?.aborted) abort()
  })
}

/** With the name servers and the interfaces that are shown there, too. Throws an Error without iproute2. */
function inNamespace({ args, options, program }: ShellCall): ShellCall {
  const name = namespaceAtHand()?.name
  if (name === undefined) return { args, options, program }
  const ip = findProgram('ip')
  if (ip === undefined) throw new Error("the program 'ip' is missing; install iproute2")
  return { args: ['netns', 'exec', name, program, ...args], options, program: ip }
}
