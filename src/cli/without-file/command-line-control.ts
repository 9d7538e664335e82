import type { Tunnel } from '../../app/tunnel/tunnel.js'
import { runFolder } from '../../control/run-folder.js'
import { journalOf, lockRun, type RunLock, sweepRuns } from '../../control/run-lock.js'
import { ControlServer } from '../../control/server.js'
import { asError, ConfigError } from '../../core/api/errors.js'
import type { Logger } from '../../core/api/logger.js'
import { readVersion } from '../model/version.js'
import type { GuardedRun } from '../run/guard.js'
import type { ControlHandler } from '../run/run.js'

/** What stands for the file of a tunnel of the command line: what the kernel has of that line. proc(5) */
export function commandLineOf(pid: number): string {
  return `/proc/${pid}/cmdline`
}

/** The same of any process. */
const COMMAND_LINE = /^\/proc\/\d+\/cmdline$/

/** Where a tunnel of the command line answers; undefined if this user has no place for it, which keeps nothing from running. */
export function lockCommandLine(log: Logger): RunLock | undefined {
  try {
    const folder = runFolder(process.env)
    const lock = lockRun(commandLineOf(process.pid), folder)
    sweepRuns(folder, COMMAND_LINE)
    return lock
  } catch (thrown) {
    log.debug("'qanat status' cannot ask this tunnel", { why: asError(thrown).message })
    return undefined
  }
}

/** What a guard removes of a tunnel of the command line, which changes nothing of the host: it has no journal. */
export function guardedCommandLine({ path: lock, socket }: RunLock): GuardedRun {
  const file = commandLineOf(process.pid)
  return { path: file, lock, socket, journal: journalOf(file, runFolder(process.env)) }
}

/** Answers questions about the tunnel of a command line, which nothing can be read of again. */
export async function controlCommandLine(
  socket: string,
  tunnel: Tunnel,
  end: (why: string) => Promise<void>,
  log: Logger,
): Promise<ControlHandler> {
  const { version } = readVersion() // now: another one may be installed while this one runs
  const file = commandLineOf(process.pid)
  const handlers = {
    status: () => ({ file, pid: process.pid, version, ...tunnel.status() }),
    look: () => ({ file, pid: process.pid, version, ...tunnel.figures() }),
    reload: () => {
      throw new ConfigError('Cannot reload a tunnel of the command line: it has no file', {
        code: 'ERR_CONFIG_VALUE',
      })
    },
    login: () => {
      throw new ConfigError('Cannot open a login beside a tunnel of the command line: it has no file', {
        code: 'ERR_CONFIG_VALUE',
      })
    },
    down: () => end('qanat down'),
  }
  const server = await ControlServer.listen(socket, handlers, log)
  return { hangup: () => void end('SIGHUP'), close: () => server.close() }
}
