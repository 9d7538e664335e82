import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { asError, HostError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { redactText } from '../../core/api/redact.js'
import { HOOK_TIMEOUT } from '../../core/settings/host-settings.js'
import type { Clock, Timer } from '../../core/time/clock.js'
import { type ShellCall, shellCall } from '../../native/process/shell-call.js'
import { patiently } from './patiently.js'

/** Milliseconds for what a hook that is over wrote last; what it left running may keep the pipe open forever. */
const LAST_WORDS = 200
/** Lines of a hook's output that are logged. */
const MAX_LINES = 100

/** What hooks are run with. */
export interface HookParts {
  readonly log: Logger
  readonly clock: Clock
  /** The user that they run as, by number; whoever the process is if absent. */
  readonly hooksAs?: number | undefined
  /** Kills the one that runs. */
  readonly signal?: AbortSignal
}

/** When a hook runs, as wg-quick calls it. */
export type HookName = 'PreUp' | 'PostUp' | 'PreDown' | 'PostDown'

/** Commands with the device's name in the place of `%i`. */
export function hooksFor(device: string, commands: readonly string[]): string[] {
  return commands.map((command) => command.replaceAll('%i', device))
}

/**
 * Runs commands of the user one after another, each in a shell. What they say is logged.
 *
 * @throws HostError ERR_HOOK if one fails, hangs or is killed. At the end (PreDown, PostDown) the others are run
 *   all the same.
 */
export async function runHooks(name: HookName, commands: readonly string[], parts: HookParts): Promise<void> {
  const goesOn = name === 'PreDown' || name === 'PostDown'
  let failure: unknown
  for (const command of commands) {
    try {
      await patiently(parts.clock, () => runHook(name, command, parts))
    } catch (thrown) {
      if (!goesOn) throw thrown
      failure ??= thrown
    }
  }
  if (failure !== undefined) throw failure
}

async function runHook(name: HookName, command: string, parts: HookParts): Promise<void> {
  const { log, clock, hooksAs, signal } = parts
  log.debug('running a hook', { hook: name, command })
  const failure = (because: string, cause?: unknown) => {
    const message = `Cannot run ${name} '${redactText(command)}': ${redactText(because)}`
    return new HostError(message, { code: 'ERR_HOOK', cause })
  }
  let call: ShellCall
  try {
    call = shellCall(command, hooksAs)
  } catch (thrown) {
    throw failure(asError(thrown).message, thrown)
  }
  return new Promise((resolve, reject) => {
    // A group of its own: what the hook started is killed with it, and Ctrl-C in a terminal does not reach it.
    const child = spawn(call.program, call.args, {
      ...call.options,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let last = ''
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
    const outputs = [child.stdout, child.stderr].filter((output) => output) // without descriptors there are none
    for (const output of outputs) {
      createInterface(output).on('line', (line) => {
        last = line
        if (lines++ < MAX_LINES) log.info('hook output', { hook: name, line })
      })
    }
    let lastWords: Timer | undefined
    const finish = (because: string | undefined, cause?: Error) => {
      timer.cancel()
      lastWords?.cancel()
      signal?.removeEventListener('abort', abort)
      for (const output of outputs) output.destroy()
      if (because === undefined) return resolve()
      reject(failure(last === '' ? because : `${because}: ${last}`, cause))
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

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // it is over already
  }
}
