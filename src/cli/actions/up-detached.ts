import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { tunnelFile } from '../../config/files/tunnel-name.js'
import { asError, ConfigError, hasCode } from '../../core/api/errors.js'
import { secondsOf } from '../options/seconds.js'
import { EXIT_FAILED, EXIT_OK, EXIT_USAGE } from '../output/exit-codes.js'
import { print, remark } from '../output/output.js'
import { nameOf } from '../run/find-runs.js'
import { DETACHED_VARIABLE } from '../run/service-manager.js'

/** How `up --detach` starts a tunnel. */
export interface DetachOptions {
  /** Seconds that the tunnel may take to be up. */
  readonly timeout?: string | undefined
  readonly logFile?: string | undefined
}

/** Seconds: twice the longest that a reachable server and a name server that is late take. */
const USUAL_TIMEOUT = 60
/** Milliseconds for a tunnel that is given up to restore the host. */
const END_LIMIT = 15_000
/** Bytes of the log that are searched for why a start failed. */
const MOST_READ = 64 * 1024
/** What the program's own words begin with on standard error, behind the lines of its log. */
const SAYS = 'qanat: '
/** Last lines of the log that are shown if a start failed and did not say why. */
const LAST_LINES = 5
/** Root's logs. hier(7) */
const ROOTS_LOGS = '/var/log/qanat'

/**
 * Starts the same command again as a process of its own, which outlives the terminal, and returns once its tunnel is up, or with
 * its exit code.
 *
 * @throws ConfigError if its log cannot be written.
 */
export async function upDetached(name: string, { logFile, timeout }: DetachOptions): Promise<number> {
  const limit = timeout === undefined ? USUAL_TIMEOUT : secondsOf('--timeout', timeout)
  const tunnel = nameOf(tunnelFile(name))
  const path = resolve(logFile ?? join(logFolder(), `${tunnel}.log`))
  const log = openLog(path)
  const { size: before } = fstatSync(log)
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true, // a session of its own: the terminal's end, or Ctrl-C in it, does not reach it
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, [DETACHED_VARIABLE]: '1' },
  })
  const outcome = new Promise<'up' | 'late' | 'stopped' | { readonly code: number }>((decide) => {
    child.once('message', () => decide('up'))
    child.once('error', () => decide({ code: EXIT_USAGE }))
    child.once('exit', (code) => decide({ code: code ?? EXIT_FAILED }))
    setTimeout(() => decide('late'), limit * 1_000).unref()
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => decide('stopped'))
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  try {
    const seen = await outcome
    if (seen === 'up') {
      child.disconnect()
      child.unref()
      print(`${tunnel}: up, process ${child.pid}, which logs to ${path}; "qanat down ${name}" stops it\n`)
      return EXIT_OK
    }
    if (seen === 'late' || seen === 'stopped') {
      await stop(child, ended)
      if (seen === 'late')
        remark(`Cannot start ${name}: it was not up in ${limit} s, and is stopped; ${path} says more`)
      return EXIT_FAILED
    }
    for (const line of reasonsIn(log, before)) process.stderr.write(`${line}\n`)
    return seen.code
  } finally {
    closeSync(log)
  }
}

/** Ends a tunnel that is not waited for any longer; by force if it does not restore the host in its time. */
async function stop(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.pid === undefined) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT)
  await ended
  clearTimeout(timer)
}

/** Root's is the system's; a user's is the state folder of the XDG Base Directory Specification. */
function logFolder(): string {
  if (process.getuid?.() === 0) return ROOTS_LOGS
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local/state'), 'qanat')
}

/** Makes a folder and those around it. `recursive` of Node asks for ever if the kernel takes no folder, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (thrown) {
    if (!hasCode(thrown, ['EEXIST'])) throw thrown // another start made it meanwhile
  }
}

/** Appends, as logrotate's copytruncate wants it. A link is not followed: the folder may be one that others write to. */
function openLog(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_RDWR } = constants
  try {
    makeFolder(dirname(path))
    return openSync(path, O_APPEND | O_CREAT | O_NOFOLLOW | O_RDWR, 0o600)
  } catch (thrown) {
    throw new ConfigError(
      `Cannot log to ${path}: ${asError(thrown).message}; --log-file names another file`,
      { code: 'ERR_CONFIG_VALUE', cause: thrown },
    )
  }
}

/** What a start that failed said last, which is why it failed; the rest of its log stays in the file. */
function reasonsIn(log: number, from: number): string[] {
  const { size } = fstatSync(log)
  const bytes = Buffer.alloc(Math.min(Math.max(size - from, 0), MOST_READ))
  const length = readSync(log, bytes, 0, bytes.length, size - bytes.length)
  const lines = bytes.toString('utf8', 0, length).split('\n')
  const first = lines.findIndex((line) => line.startsWith(SAYS))
  return lines.slice(first < 0 ? -LAST_LINES : first).filter((line) => line !== '')
}
