import { type ExecFileException, execFile } from 'node:child_process'
import { HostError, isHostError } from '../../core/api/errors.js'
import { complaintOf } from '../../native/process/complaint.js'
import { inNamespace } from '../../native/process/namespace-scope.js'
import { cleanEnvironment, findProgram, packageOf } from '../../native/process/programs.js'

/** Milliseconds after which a program that changes the host is killed. */
const PATIENCE = 10_000
/** Bytes of output that are kept. */
const MAX_OUTPUT = 4 * 1024 * 1024

/**
 * Runs a program that looks at the host or changes it, in the namespace at hand, and returns what it said.
 *
 * @throws HostError ERR_HOST_CHANGE with what it complained of.
 */
export function command(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: Error) => {
      const message = `Cannot run '${[program, ...args].join(' ')}': ${why}`
      reject(new HostError(message, { code: 'ERR_HOST_CHANGE', cause }))
    }
    const path = findProgram(program)
    if (path === undefined) {
      return failed(`the program is missing; install ${packageOf(program) ?? program}`)
    }
    const options = {
      env: cleanEnvironment(),
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT,
    } as const
    const ended = (error: ExecFileException | null, stdout: string, stderr: string) => {
      if (error === null) return resolve(stdout)
      const said = complaintOf(stderr) || error.message
      failed(error.killed ? `it did not finish within ${PATIENCE / 1000} s` : said, error)
    }
    const child = inNamespace(() => execFile(path, args, options, ended))
    child.stdin?.on('error', () => {}) // a child that could not start has no input; its exit tells why
    child.stdin?.end(input)
  })
}

/** Whether a command failed because what it was to remove is not there. */
export function wasGone(thrown: unknown): boolean {
  return isHostError(thrown) && /No such (file or directory|process|device)/.test(thrown.message)
}
